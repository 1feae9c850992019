import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operator of the nodes that ``Fusion`` makes of a slice of what was normalized; files do not have it.
  static let slicedNormalization = "_SliceFusedBatchNorm"

  /// x, scale, offset, mean, variance; shape; begin, end, strides: a `StridedSlice` of the `Reshape` of what
  /// `FusedBatchNorm` makes of x outside of training. Columns are normalized where they go; other slices are taken as
  /// the three operators would.
  static let slicedBatchNormalization = Operator(slicedNormalization) { node in
    let epsilon = try BatchNormSettings(node).epsilon
    let masks = try SliceMasks(node)
    guard let normalize = try all["FusedBatchNorm"]?.prepare(node), let reshape = try all["Reshape"]?.prepare(node),
      let slice = try all["StridedSlice"]?.prepare(node)
    else { throw node.error("cannot slice what is normalized") }
    return { call in
      try call.expect(9)
      let inputs = call.inputs
      call.inputs = [inputs[0], inputs[5]]
      try reshape(&call)
      let shape = call.outputs[0].shape
      call.outputs = []
      call.inputs = [inputs[0]] + inputs[6...]
      if let columns = try masks.columns(of: shape, &call), inputs[0].shape.rank == 4,
        inputs[..<5].allSatisfy({ $0.dtype == .float32 }), inputs[0].shape.dimensions[3] == shape.dimensions.last,
        inputs[1..<5].allSatisfy({ $0.shape.dimensions == [inputs[0].shape.dimensions[3]] })
      {
        let dimensions = shape.dimensions.dropLast() + [columns.count]
        let result = try call.allocate(.float32, try call.shape(Array(dimensions)))
        normalizeColumns(columns, of: inputs, epsilon, into: result, call.threads)
        call.outputs = [result]
        return
      }
      call.inputs = Array(inputs[..<5])
      try normalize(&call)
      for (operation, others) in [(reshape, inputs[5..<6]), (slice, inputs[6...])] {
        call.inputs = [call.outputs[0]] + others
        call.outputs = []
        try operation(&call)
      }
    }
  }

  /// Columns of (x - mean) / sqrt(variance + epsilon) * scale + offset.
  private static func normalizeColumns(
    _ columns: Range<Int>, of inputs: [Tensor], _ epsilon: Float, into result: Tensor, _ threads: ThreadTeam
  ) {
    let (scale, variance) = (inputs[1].floats, inputs[4].floats)
    let factors = columns.map { scale[$0] / (variance[$0] + epsilon).squareRoot() }
    guard let source = inputs[0].floats.baseAddress, let target = result.mutableFloats.baseAddress,
      let offset = inputs[2].floats.baseAddress, let mean = inputs[3].floats.baseAddress, !columns.isEmpty
    else { return }
    let (channels, first) = (scale.count, columns.lowerBound)
    threads.split(result.elementCount / columns.count, grain: max(1, (1 << 14) / columns.count)) { rows in
      for row in rows {
        ck_normalized(
          target + row * columns.count, source + row * channels + first, mean + first, factors, offset + first, 1,
          columns.count)
      }
    }
  }
}

extension SliceMasks {
  /// The positions along the last axis, if those of the others are all taken and none is dropped; the call's inputs are
  /// those of a `StridedSlice` of something of that shape.
  fileprivate func columns(of shape: Shape, _ call: inout Call) throws -> Range<Int>? {
    let (begin, end, steps) = (try call.integers(1), try call.integers(2), try call.integers(3))
    guard begin.count == shape.rank, end.count == shape.rank, steps.count == shape.rank,
      (1..<32).contains(shape.rank)
    else { return nil }
    let (ranges, result) = try resolve(begin, end, steps, shape, &call)
    guard result.count == shape.rank, let last = ranges.last, last.step == 1,
      zip(ranges, shape.dimensions).dropLast().allSatisfy({ $0.start == 0 && $0.step == 1 && $0.count == $1 })
    else { return nil }
    return last.start..<last.start + last.count
  }
}
