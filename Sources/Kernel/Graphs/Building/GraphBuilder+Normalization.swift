import Tensors

extension GraphBuilder {
  /// `FusedBatchNorm` over all axes but the last, with the outputs y, mean and variance of the batch.
  ///
  /// - Parameters:
  ///   - x: of four axes.
  ///   - statistics: mean and variance to use; without them those of the batch are, and given out, the variance
  ///     unbiased (specs: miha2018 §8.1).
  package func fusedBatchNorm(
    _ x: GraphTensor, scale: GraphTensor, offset: GraphTensor, statistics: (GraphTensor, GraphTensor)?,
    epsilon: Float
  ) throws -> (y: GraphTensor, mean: GraphTensor, variance: GraphTensor) {
    guard x.rank == 4 else { throw misfit("FusedBatchNorm", [x]) }
    let none = try statistics == nil ? constant([Float](), name: "Const") : nil
    let (mean, variance) = statistics ?? (none ?? x, none ?? x)
    let channel = (DType.float32, [x.width])
    let outputs = try node(
      "FusedBatchNorm", [x, scale, offset, mean, variance],
      [
        "T": .type(TypeCode(.float32)), "data_format": .text("NHWC"), "epsilon": .float(epsilon),
        "is_training": .bool(statistics == nil),
      ], outputs: [(.float32, x.dimensions), channel, channel, channel, channel])
    return (outputs[0], outputs[1], outputs[2])
  }

  /// A vector of float32.
  package func constant(_ values: [Float], name: String? = nil) throws -> GraphTensor {
    guard let shape = Shape([values.count]),
      let value = TensorValue(.float32, shape, bytes: values.withUnsafeBytes { [UInt8]($0) })
    else { throw misfit("Const", []) }
    return try constant(value, name: name)
  }
}
