import Tensors

extension GraphBuilder {
  /// `Sum`, `Mean`, `Max`, … over axes that count from the front.
  package func reduce(_ op: String, _ x: GraphTensor, _ axes: [Int], keepDims: Bool = false, name: String? = nil)
    throws -> GraphTensor
  {
    guard axes.allSatisfy(x.dimensions.indices.contains) else { throw misfit(op, [x]) }
    let which = try constant(axes, name: "reduction_indices")
    let dimensions = x.dimensions.enumerated().compactMap { axis, size in
      axes.contains(axis) ? (keepDims ? 1 : nil) : size
    }
    return try node(
      op, [x, which], name: name,
      ["T": .type(TypeCode(x.dtype)), "Tidx": .type(TypeCode(.int32)), "keep_dims": .bool(keepDims)],
      outputs: [(x.dtype, dimensions)])[0]
  }

  /// Sums over axes.
  package func sum(_ x: GraphTensor, _ axes: [Int], keepDims: Bool = false) throws -> GraphTensor {
    try reduce("Sum", x, axes, keepDims: keepDims)
  }
  /// Means over axes.
  package func mean(_ x: GraphTensor, _ axes: [Int], keepDims: Bool = false) throws -> GraphTensor {
    try reduce("Mean", x, axes, keepDims: keepDims)
  }
  /// Means over axes, and the means of the squared differences from them, as `tf.nn.moments` builds them: gradients pass
  /// through the mean once.
  package func moments(_ x: GraphTensor, _ axes: [Int], keepDims: Bool = false) throws
    -> (mean: GraphTensor, variance: GraphTensor)
  {
    let mean = try mean(x, axes, keepDims: keepDims)
    let squares = try binary("SquaredDifference", x, stopGradient(mean))
    return (mean, try self.mean(squares, axes, keepDims: keepDims))
  }
  /// The largest elements along axes.
  package func largest(_ x: GraphTensor, _ axes: [Int], keepDims: Bool = false) throws -> GraphTensor {
    try reduce("Max", x, axes, keepDims: keepDims)
  }

  /// Half the sum of squares.
  package func l2Loss(_ x: GraphTensor) throws -> GraphTensor { try simple("L2Loss", [x], to: []) }

  /// x divided by its Euclidean length along an axis, as `tf.nn.l2_normalize` builds it: lengths below 10⁻⁶ count as
  /// that.
  package func l2Normalize(_ x: GraphTensor, axis: Int) throws -> GraphTensor {
    try scope("l2_normalize") {
      let squares = try sum(square(x), [axis], keepDims: true)
      return try multiply(x, rsqrt(maximum(squares, constant(1e-12, name: "least"))))
    }
  }
}
