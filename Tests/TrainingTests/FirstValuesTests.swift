import Execution
import Graphs
import Testing

@testable import Training

/// First values are drawn as the references draw them (specs: miha2018 §8.1, willow_boliu §0.3, §1.1).
@Suite struct FirstValuesTests {
  /// Mean and standard deviation of a variable's first value.
  private func moments(_ model: String, _ flags: Hyperparameters, _ seed: Int = 7) throws -> [String: (
    Double, Double
  )] {
    let graph = GraphBuilder(seed: seed)
    let build = ModelBuilder(graph, isTraining: true, flags)
    let model = try Zoo.model(named: model)
    let input = ModelInput(
      features: try graph.placeholder("x", .float32, model.takesFrames ? [-1, 30, 160] : [-1, 160]),
      featureSizes: [96, 64], frameCounts: try graph.placeholder("n", .int32, [-1]), classCount: 50)
    _ = try graph.inScope(flags.lineage.scope) { try model.predictions(of: input, build) }
    let session = try Session(graph.meta, path: "built")
    _ = try session.run([], targets: graph.variables.map(\.initializer))
    let values = try session.run(graph.variables.map(\.value.endpoint))
    return Dictionary(
      uniqueKeysWithValues: zip(graph.variables, values).map { variable, value in
        let numbers = value.array(of: Float.self).map(Double.init)
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (variable.name, (mean, (squares / Double(numbers.count)).squareRoot()))
      })
  }

  /// Whether a sample of `count` fits a distribution: five standard errors.
  private func expect(_ found: (Double, Double)?, _ mean: Double, _ deviation: Double, count: Int) throws {
    let found = try #require(found)
    let error = 5 * deviation / Double(count).squareRoot()
    #expect(
      abs(found.0 - mean) <= error && abs(found.1 - deviation) <= error, "\(found) is not \((mean, deviation))")
  }

  @Test func netVLAD() throws {
    var flags = Hyperparameters()
    flags.netvladClusterSize = [16]
    flags.netvladHiddenSize = [40]
    flags.netvladRelu = false
    flags.gating = true
    flags.moeProbGating = true
    let all = try moments("NetVLADModelLF", flags)
    try expect(all["tower/video_VLAD/cluster_weights"], 0, 1 / 96.0.squareRoot(), count: 96 * 16)
    try expect(all["tower/audio_VLAD/cluster_weights2"], 0, 1 / 64.0.squareRoot(), count: 64 * 8)
    // Not by its own depth, but by the clusters.
    try expect(all["tower/hidden1_weights"], 0, 0.25, count: (96 * 16 + 64 * 8) * 40)
    try expect(all["tower/hidden1_biases"], 0, 0.01, count: 40)
    try expect(all["tower/gating_weights_2"], 0, 1 / 40.0.squareRoot(), count: 40 * 40)
    try expect(all["tower/gating_prob_weights"], 0, 1 / 50.0.squareRoot(), count: 50 * 50)
    // Uniform within ±√(6 / (40 + 150)).
    try expect(all["tower/gates/weights"], 0, (2.0 / 190).squareRoot(), count: 40 * 150)
    try expect(all["tower/experts/biases"], 0, 0, count: 100)
    try expect(all["tower/gating_bn/gamma"], 1, 0, count: 40)
    try expect(all["tower/gating_bn/moving_variance"], 1, 0, count: 40)
  }

  @Test func fisherVectorsAndBags() throws {
    var flags = Hyperparameters(.willow)
    flags.fvClusterSize = 16
    flags.fvHiddenSize = 30
    flags.fvCoupleWeights = false
    let fisher = try moments("NetFVModelLF", flags)
    try expect(fisher["video_FV/covar_weights"], 1, 1 / 96.0.squareRoot(), count: 96 * 16)
    try expect(fisher["audio_FV/cluster_weights2"], 0, 1 / 64.0.squareRoot(), count: 64 * 8)
    flags.dbofClusterSize = 64
    flags.dbofHiddenSize = 30
    let bags = try moments("GatedDbofModelLF", flags)
    try expect(bags["video_DBOF/dim_red"], 0, 1 / 96.0.squareRoot(), count: 64 * 96)
    try expect(bags["hidden1_weights"], 0, 1 / 8.0, count: 72 * 30)
  }

  @Test func recurrentLayers() throws {
    var flags = Hyperparameters()
    flags.lstmCells = 20
    let lstm = try moments("Lstmbidirect", flags)
    let scope = "tower/bidirectional_rnn/fw/multi_rnn_cell/cell_0/basic_lstm_cell/"
    try expect(lstm[scope + "kernel"], 0, (2.0 / 210).squareRoot(), count: 170 * 40)
    try expect(lstm[scope + "bias"], 0, 0, count: 40)
    let gru = try moments("GRUbidirect", flags)
    try expect(gru["tower/rnn/multi_rnn_cell/cell_0/gru_cell/gates/bias"], 1, 0, count: 40)
    try expect(gru["tower/rnn/multi_rnn_cell/cell_0/gru_cell/candidate/bias"], 0, 0, count: 20)
  }

  @Test func tenthPlace() throws {
    var flags = Hyperparameters(.boliu)
    flags.netvladClusterSize = [8]
    flags.netvladHiddenSize = [25]
    let all = try moments("NetVLADModelLF", flags)
    // Here by its own depth.
    try expect(
      all["tower/hidden1_weights/hidden1_weights"], 0, 1 / 1024.0.squareRoot(), count: 1024 * 25)
    try expect(all["tower/hidden2_weights/hidden2_weights"], 0, 0.2, count: 25 * 50)
    try expect(all["tower/hidden2_biases"], 0, 0.01, count: 50)
  }

  @Test func aSeedRepeatsThem() throws {
    let flags = Hyperparameters()
    let all = try [1, 1, 2].map { try moments("LogisticModel", flags, $0)["tower/fully_connected/weights"] }
    #expect(all[0]?.1 == all[1]?.1 && all[0]?.1 != all[2]?.1)
  }
}
