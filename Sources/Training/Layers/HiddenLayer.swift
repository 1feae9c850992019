import Graphs
import Tensors

extension ModelBuilder {
  /// The layer between a long description and the classifier: `hidden1_weights`, normalized (`hidden1_bn`) if it is
  /// rectified too, else with `hidden1_biases` (specs: miha2018 §8.10).
  ///
  /// - Parameter deviation: of the weights' first values.
  func hiddenLayer(
    _ x: GraphTensor, _ width: Int, deviation: Float, isRectified: Bool, isNormalized: Bool
  ) throws -> GraphTensor {
    let weights = try matrix("hidden1_weights", x.width, width, deviation: deviation)
    let y = try product(x, weights)
    let shifted =
      try isRectified && isNormalized
      ? batchNorm(y, "hidden1_bn") : addBiases(y, "hidden1_biases", deviation: 0.01)
    return isRectified ? try graph.relu6(shifted) : shifted
  }

  /// x times how much of each element the others let through (Miech, Laptev and Sivic 2017).
  ///
  /// - Parameters:
  ///   - weights: the variable's name, and the scope it is in.
  ///   - removesDiagonal: no element has a say in its own gate.
  ///   - isNormalized: by `gating_bn`; else there are `gating_biases`.
  func contextGate(
    _ x: GraphTensor, weights: (scope: String, name: String) = ("", "gating_weights_2"),
    removesDiagonal: Bool = false,
    isNormalized: Bool = true
  ) throws -> GraphTensor {
    let matrix = try variables(in: weights.scope) {
      try self.matrix(weights.name, x.width, x.width, deviation: inverseRoot(x.width))
    }
    var gates = try product(x, matrix)
    if removesDiagonal {
      gates = try graph.subtract(gates, graph.multiply(graph.diagonal(matrix.value), x))
    }
    gates =
      try isNormalized
      ? batchNorm(gates, "gating_bn") : addBiases(gates, "gating_biases", deviation: inverseRoot(x.width))
    return try graph.multiply(x, graph.sigmoid(gates))
  }
}
