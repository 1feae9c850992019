import Graphs
import Tensors

extension ModelBuilder {
  /// `x W + b` over the last axis, as `slim.fully_connected` builds it: `weights` uniform after Glorot, `biases` zero
  /// (specs: miha2018 §8.1).
  ///
  /// - Parameters:
  ///   - name: the scope of its variables; by default that of the next layer without a name.
  ///   - l2: penalty of the weights.
  ///   - dtype: how the weights are stored.
  func fullyConnected(
    _ x: GraphTensor, _ width: Int, name: String? = nil, hasBias: Bool = true, l2: Double = 0,
    as dtype: DType = .float32
  ) throws -> GraphTensor {
    try variables(in: name ?? layerName("fully_connected")) {
      let weights = try variable("weights", [x.width, width], .glorotUniform, isOfLayer: true, as: dtype)
      try penalize(weights, l2)
      var y = try product(x, weights)
      if hasBias { y = try graph.biasAdd(y, variable("biases", [width], .constant(0), isOfLayer: true).value) }
      return y
    }
  }

  /// `x W` over the last axis; weights that are stored in fewer bits are widened first.
  func product(_ x: GraphTensor, _ weights: BuiltVariable) throws -> GraphTensor {
    let matrix = try graph.cast(weights.value, to: .float32)
    if x.rank == 2 { return try graph.matMul(x, matrix) }
    let rows = try graph.matMul(graph.reshape(x, [-1, x.width]), matrix)
    return try graph.reshape(rows, x.dimensions.dropLast() + [matrix.width])
  }

  /// A matrix of weights with normally distributed first values and no penalty.
  func matrix(_ name: String, _ rows: Int, _ columns: Int, deviation: Float, as dtype: DType = .float32) throws
    -> BuiltVariable
  {
    try variable(name, [rows, columns], .normal(mean: 0, deviation: deviation), as: dtype)
  }

  /// x plus a variable vector with normally distributed first values.
  func addBiases(_ x: GraphTensor, _ name: String, deviation: Float) throws -> GraphTensor {
    try graph.add(x, variable(name, [x.width], .normal(mean: 0, deviation: deviation)).value)
  }
}

/// 1 / √n, the deviation from which most weights start.
func inverseRoot(_ n: Int) -> Float { 1 / Float(n).squareRoot() }
