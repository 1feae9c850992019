import Bytes
import Graphs
import Tensors

extension ModelBuilder {
  /// The classifier that `video_level_classifier_model` names, on a description of each video `[videos, width]`.
  ///
  /// - Returns: the probability of each class, `[videos, classes]`.
  func classify(_ x: GraphTensor, _ classCount: Int) throws -> GraphTensor {
    flags.videoLevelClassifierModel == "LogisticModel"
      ? try logistic(x, classCount) : try mixtureOfExperts(x, classCount)
  }

  /// One logistic regression a class (specs: miha2018 §8.2).
  func logistic(_ x: GraphTensor, _ classCount: Int) throws -> GraphTensor {
    try graph.sigmoid(logisticActivations(x, classCount))
  }

  /// The logits of these, `[videos, classes]`; in the lineage tm biases have a penalty too (specs: tm_google §7.1).
  func logisticActivations(_ x: GraphTensor, _ classCount: Int) throws -> GraphTensor {
    flags.lineage == .tm
      ? try fullyConnected(x, classCount, firstWeights: .scaled, l2: 1e-8, biasL2: 1e-8)
      : try fullyConnected(x, classCount, l2: 1e-8)
  }

  /// For each class some logistic experts, mixed by a softmax of which one share is an expert that always says no
  /// (specs: miha2018 §8.2, willow_boliu §0.3).
  func mixtureOfExperts(_ x: GraphTensor, _ classCount: Int) throws -> GraphTensor {
    let count = flags.moeNumMixtures
    let stored = flags.storedWeights
    let gates = try gateActivations(x, classCount * (count + 1))
    let experts = try fullyConnected(x, classCount * count, name: "experts", l2: flags.moeL2, as: stored)
    let shares = try graph.slice(graph.softmax(graph.reshape(gates, [-1, count + 1])), axis: 1, 0..<count)
    let opinions = try graph.sigmoid(graph.reshape(experts, [-1, count]))
    let mixed = try graph.reshape(graph.sum(graph.multiply(shares, opinions), [1]), [-1, classCount])
    return flags.moeProbGating ? try gateProbabilities(mixed, of: x) : mixed
  }

  private func gateActivations(_ x: GraphTensor, _ width: Int) throws -> GraphTensor {
    let rank = flags.moeLowRankGating
    if rank == -1 {
      return try fullyConnected(
        x, width, name: "gates", hasBias: false, l2: flags.moeL2, as: flags.storedWeights)
    }
    guard rank > 0 else { throw KernelError(.usage, "", "--moe_low_rank_gating is 0, but must be -1 or a rank") }
    let low = try fullyConnected(x, rank, name: "gates1", hasBias: false, l2: flags.moeL2)
    return try fullyConnected(low, width, name: "gates2", hasBias: false, l2: flags.moeL2)
  }

  /// Lets all classes, or what the experts saw, decide how much of each probability is left.
  private func gateProbabilities(_ probabilities: GraphTensor, of x: GraphTensor) throws -> GraphTensor {
    let classCount = probabilities.width
    let input = flags.moeProbGatingInput == "prob" ? probabilities : x
    let weights = try matrix(
      "gating_prob_weights", input.width, classCount, deviation: inverseRoot(classCount), as: flags.storedWeights)
    var gates = try product(input, weights)
    if flags.gatingRemoveDiag {
      guard input.width >= classCount else {
        throw KernelError(
          .usage, "",
          "--gating_remove_diag: weights of \(input.width) inputs have no diagonal of \(classCount) classes",
          hint: "--moe_prob_gating_input prob has one")
      }
      let diagonal = try graph.diagonal(graph.cast(weights.value, to: .float32))
      gates = try graph.subtract(gates, graph.multiply(diagonal, probabilities))
    }
    return try graph.multiply(probabilities, graph.sigmoid(batchNorm(gates, "gating_prob_bn")))
  }
}

extension Hyperparameters {
  /// How the largest weights are stored (specs: willow_boliu §4.2).
  var storedWeights: DType { float16Flag && lineage == .boliu ? .half : .float32 }
}
