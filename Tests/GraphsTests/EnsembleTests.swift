import Bytes
import Graphs
import Tensors
import TestSupport
import Testing

/// Ensembles against those that the 2018 first place's `graph_ensemble.py` made of the same models.
struct EnsembleTests {
  static func model(_ folder: String) throws -> MetaGraph {
    try MetaGraph(reading: fixture("models/\(folder)/inference_model.meta"))
  }

  static func members(_ folders: [String], _ weights: [Float]) throws -> [MetaGraph.EnsembleMember] {
    try zip(folders, weights).map { .init(try model($0), weight: $1, name: $0) }
  }

  @Test(arguments: [
    ("float32_70_30", ["graphs/netvlad_gated_probgating", "graphs_oldops/grubidirect_gating"], [Float(0.7), 0.3]),
    (
      "quant_uniform_plus_float16",
      ["quantized/netvlad_gated_probgating_quant_uniform", "quantized/lstmbidirect_logistic_quant_uniform"],
      [0.5, 0.5]
    ),
  ])
  func hasTheNamesOfTheReference(name: String, folders: [String], weights: [Float]) throws {
    let reference = try EnsembleTests.model("ensembles/" + name)
    let made = try MetaGraph.ensemble(try EnsembleTests.members(folders, weights))
    // What is only there to find variables without values, and the members' own savers, are left out.
    func isKept(_ node: String) -> Bool {
      !node.hasPrefix("report_uninitialized") && !node.hasPrefix("save/") && !node.contains("/save/")
        && !node.hasPrefix("boolean_mask")
    }
    let mine = Set(made.graph.nodes.map(\.name).filter(isKept))
    let roots = reference.graph.nodes.filter { isKept($0.name) && !$0.name.hasPrefix("model_") }
    for node in roots where node.op != "Const" || node.name.hasPrefix("mul") {
      guard let own = made.graph[node.name] else { continue }
      #expect(own.op == node.op && own.inputs == node.inputs, "\(node.name)")
    }
    for name in ["CommonIn", "Placeholder", "mul", "mul_1", "mul/y", "mul_1/y", "add"] {
      #expect(mine.contains(name))
    }
    for collection in ["input_batch_raw", "num_frames", "predictions", "input_batch", "labels", "loss"] {
      #expect(made.names(in: collection) == reference.names(in: collection), "\(collection)")
    }
    #expect(made.saver?.filenameTensor == reference.saver?.filenameTensor)
    #expect(made.saver?.restoreNode == reference.saver?.restoreNode)
  }

  @Test func variablesAreThoseOfTheReference() throws {
    let reference = try EnsembleTests.model("ensembles/float32_70_30")
    let folders = ["graphs/netvlad_gated_probgating", "graphs_oldops/grubidirect_gating"]
    let made = try MetaGraph.ensemble(try EnsembleTests.members(folders, [0.7, 0.3]))
    let mine = try made.savedVariables().map { "\($0.key) \($0.node) \($0.type) \($0.shape)" }
    #expect(try reference.savedVariables().map { "\($0.key) \($0.node) \($0.type) \($0.shape)" } == mine)
  }

  @Test func refusesModelsThatDoNotFit() throws {
    let other = try EnsembleTests.model("graphs/video_moe")
    let frames = try EnsembleTests.model("graphs/netvlad_light")
    let error = #expect(throws: KernelError.self) {
      try MetaGraph.ensemble([
        .init(frames, weight: 0.5, name: "a"), .init(other, weight: 0.5, name: "b"),
      ])
    }
    #expect(error?.description.hasPrefix("b: takes videos of") == true)
    var lacking = frames
    lacking.collections["predictions"] = nil
    let missing = #expect(throws: KernelError.self) {
      try MetaGraph.ensemble([.init(lacking, weight: 1, name: "a")])
    }
    #expect(missing?.source == "a")
  }
}
