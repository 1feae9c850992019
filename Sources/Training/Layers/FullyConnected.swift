import Graphs
import Tensors

extension ModelBuilder {
  /// `x W + b` over the last axis, as `slim.fully_connected` builds it: `weights` uniform after Glorot, `biases` zero
  /// (specs: miha2018 §8.1).
  ///
  /// - Parameters:
  ///   - name: the scope of its variables; by default that of the next layer without a name.
  ///   - first: the weights' first values.
  ///   - l2: penalty of the weights.
  ///   - biasL2: penalty of the biases.
  ///   - dtype: how the weights are stored.
  func fullyConnected(
    _ x: GraphTensor, _ width: Int, name: String? = nil, hasBias: Bool = true,
    firstWeights first: FirstWeights = .glorot, l2: Double = 0, biasL2: Double = 0, as dtype: DType = .float32
  ) throws -> GraphTensor {
    try variables(in: name ?? layerName("fully_connected")) {
      let initializer = first == .glorot ? Initializer.glorotUniform : .scaled(fanIn: x.width)
      let weights = try variable("weights", [x.width, width], initializer, isOfLayer: true, as: dtype)
      try penalize(weights, l2)
      let y = try product(x, weights)
      guard hasBias else { return y }
      let biases = try variable("biases", [width], .constant(0), isOfLayer: true)
      try penalize(biases, biasL2)
      return try graph.biasAdd(y, biases.value)
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

/// How the weights of a layer start.
enum FirstWeights {
  /// Uniform after Glorot.
  case glorot
  /// Normal, cut off at two deviations, so that activations keep their variance (`slim.variance_scaling_initializer`).
  case scaled
}

extension Initializer {
  /// Weights of a sum of `fanIn` products (He et al. 2015): a variance of 2 / fanIn after the tails are cut off (specs:
  /// tm_google §7.0).
  static func scaled(fanIn: Int) -> Initializer {
    .truncatedNormal(mean: 0, deviation: (1.3 * 2 / Float(fanIn)).squareRoot())
  }
}

/// 1 / √n, the deviation from which most weights start.
func inverseRoot(_ n: Int) -> Float { 1 / Float(n).squareRoot() }
