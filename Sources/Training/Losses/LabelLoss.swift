import Graphs
import Tensors

/// How far predictions are from labels, by the names of the reference (specs: miha2018 §2.6).
package enum TrainingLoss: Sendable, Equatable {
  case crossEntropy
  case hinge
  case softmax
  /// Cross entropy against a teacher's predictions, weighted `teacher`, and against the labels with the rest.
  case distillation(teacher: Float)

  /// The losses that `--label_loss` may name.
  package static let named: [String: TrainingLoss] = [
    "CrossEntropyLoss": .crossEntropy, "HingeLoss": .hinge, "SoftmaxLoss": .softmax,
  ]

  /// Adds the loss: the mean over the videos of the sum over the classes.
  ///
  /// - Parameters:
  ///   - predictions, labels: `[videos, classes]`, the labels 0 or 1.
  ///   - teacher: what the teacher predicts; only distillation needs it.
  package func build(
    _ predictions: GraphTensor, _ labels: GraphTensor, teacher: GraphTensor?, _ graph: GraphBuilder
  ) throws -> GraphTensor {
    switch self {
    case .crossEntropy:
      return try graph.scope("loss_xent") { try TrainingLoss.crossEntropy(predictions, labels, graph) }
    case .hinge:
      return try graph.scope("loss_hinge") {
        let signs = try graph.add(graph.multiply(labels, 2), -1)
        let margins = try graph.subtract(
          graph.constant(Float(1), name: "margin"), graph.multiply(signs, predictions))
        let zero = try graph.constant(Float(0), name: "zero")
        return try graph.mean(graph.sum(graph.maximum(margins, zero), [1]), [0])
      }
    case .softmax:
      return try graph.scope("loss_softmax") {
        let counts = try graph.maximum(
          graph.sum(labels, [1], keepDims: true), graph.constant(1e-7, name: "least"))
        let shares = try graph.divide(labels, counts)
        let terms = try graph.multiply(shares, graph.log(graph.softmax(predictions)))
        return try graph.mean(graph.negate(graph.sum(terms, [1])), [0])
      }
    case .distillation(let weight):
      return try graph.scope("loss_distill") {
        guard let teacher else { throw graph.misfit("loss_distill", [predictions, labels]) }
        let soft = try TrainingLoss.crossEntropy(predictions, teacher, graph)
        let hard = try TrainingLoss.crossEntropy(predictions, labels, graph)
        return try graph.add(graph.multiply(soft, weight), graph.multiply(hard, 1 - weight))
      }
    }
  }

  private static func crossEntropy(_ p: GraphTensor, _ y: GraphTensor, _ graph: GraphBuilder) throws
    -> GraphTensor
  {
    let one = try graph.constant(Float(1), name: "one")
    let epsilon = try graph.constant(Float(10e-6), name: "epsilon")
    let hits = try graph.multiply(y, graph.log(graph.add(p, epsilon)))
    let misses = try graph.multiply(
      graph.subtract(one, y), graph.log(graph.add(graph.subtract(one, p), epsilon)))
    return try graph.mean(graph.sum(graph.negate(graph.add(hits, misses)), [1]), [0])
  }
}
