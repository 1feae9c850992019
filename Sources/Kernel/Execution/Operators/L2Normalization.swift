import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operator of the nodes that ``Fusion`` makes of a normalization; files do not have it.
  static let normalization = "_L2Normalize"

  /// The operator of those that ``Fusion`` makes of the picking of rows besides.
  static let gatheredNormalization = "_GatherNdL2Normalize"

  /// x / sqrt(max(sum(x^2), smallest)), where the sum is along `axis`.
  static let l2Normalization = Operator(normalization) { node in
    let (axis, smallest) = try parameters(node)
    return { call in
      try call.expect(1)
      call.outputs = [try normalized(&call, axis: call.axis(axis, rank: call.inputs[0].shape.rank), smallest)]
    }
  }

  /// x, indices: the slices that the indices name of x, normalized along an axis of x.
  static let gatheredL2Normalization = Operator(gatheredNormalization) { node in
    let (axis, smallest) = try parameters(node)
    guard let gather = try all["GatherNd"]?.prepare(node) else { throw node.error("cannot pick rows") }
    return { call in
      try call.expect(2)
      let middle = try call.axis(axis, rank: call.inputs[0].shape.rank)
      let indices = call.inputs[1].shape
      let width = indices.dimensions.last ?? 0
      if middle == width, middle == call.inputs[0].shape.rank - 1, call.inputs[0].dtype == .float32 {
        call.outputs = [try normalizedSlices(call, smallest)]
      } else if middle >= width {
        // The axis is whole in each slice.
        try gather(&call)
        call.inputs = call.outputs
        call.outputs = []
        call.outputs = [try normalized(&call, axis: middle - width + indices.rank - 1, smallest)]
      } else {
        call.inputs[0] = try normalized(&call, axis: middle, smallest)
        try gather(&call)
      }
    }
  }

  /// Slices that are rows, each normalized on its way.
  private static func normalizedSlices(_ call: Call, _ smallest: Float) throws -> Tensor {
    let slices = try call.slicesByPlace()
    let result = try slices.result ?? call.allocate(.float32, slices.shape)
    if let source = call.inputs[0].floats.baseAddress, let target = result.mutableFloats.baseAddress,
      slices.count > 0
    {
      L2Normalizer(source: source, target: target, extent: slices.count, smallest: smallest)
        .rows(slices.starts.count, from: slices.starts, targetStep: slices.count, call.threads)
    }
    return result
  }

  /// The operator of those that ``Fusion`` makes of the joining of what was normalized.
  static let joinedNormalization = "_ConcatL2Normalize"

  /// values…, joining axis: the values, each normalized along `axis`, one after the other.
  static let joinedL2Normalization = Operator(joinedNormalization) { node in
    let (axis, smallest) = try parameters(node)
    return { call in
      try call.expect(atLeast: 2)
      let count = call.inputs.count - 1
      let (values, joining) = (Array(call.inputs[..<count]), try call.integer(count))
      let rank = values[0].shape.rank
      if rank == 2, try call.axis(axis, rank: rank) == 1, try call.axis(joining, rank: rank) == 1,
        values.allSatisfy({ $0.dtype == .float32 && $0.shape.rank == 2 }),
        Set(values.map { $0.shape.dimensions[0] }).count == 1
      {
        call.outputs = [try normalizedRows(values, smallest, call)]
      } else {
        let parts = try values.indices.map { index in
          call.inputs = [values[index]]
          return try normalized(&call, axis: call.axis(axis, rank: values[index].shape.rank), smallest)
        }
        call.outputs = [try call.joined(parts, axis: joining)]
      }
    }
  }

  /// Rows of matrices, each normalized, beside each other.
  private static func normalizedRows(_ values: [Tensor], _ smallest: Float, _ call: Call) throws -> Tensor {
    let rowCount = values[0].shape.dimensions[0]
    let widths = values.map { $0.shape.dimensions[1] }
    var width = 0
    for extent in widths {
      let (sum, overflow) = width.addingReportingOverflow(extent)
      guard !overflow else { throw call.unsupported() }
      width = sum
    }
    let result = try call.allocate(.float32, try call.shape([rowCount, width]))
    var column = 0
    for (value, extent) in zip(values, widths) {
      if let source = value.floats.baseAddress, let target = result.mutableFloats.baseAddress, rowCount > 0,
        extent > 0
      {
        L2Normalizer(source: source, target: target + column, extent: extent, smallest: smallest)
          .rows(rowCount, targetStep: width, call.threads)
      }
      column += extent
    }
    return result
  }

  private static func parameters(_ node: Node) throws -> (axis: Int, smallest: Float) {
    guard let axis = node.attributes.int("axis"), let smallest = node.attributes.float("smallest") else {
      throw node.error("has no axis or no smallest sum")
    }
    return (axis, smallest)
  }

  /// The first input, in its own memory when nobody else needs it.
  private static func normalized(_ call: inout Call, axis: Int, _ smallest: Float) throws -> Tensor {
    let shape = call.inputs[0].shape
    guard call.inputs[0].dtype == .float32 else { throw call.unsupported() }
    let result = try call.reuse(0, as: .float32, shape)
    if let source = call.inputs[0].floats.baseAddress, let target = result.mutableFloats.baseAddress,
      shape.elementCount > 0
    {
      let normalizer = L2Normalizer(
        source: source, target: target, extent: shape.dimensions[axis], smallest: smallest)
      let (outer, inner) = (shape.count(0..<axis), shape.count(axis + 1..<shape.rank))
      if inner == 1 {
        normalizer.rows(outer, targetStep: shape.dimensions[axis], call.threads)
      } else {
        normalizer.columns(outer, inner, call.threads)
      }
    }
    return result
  }
}

/// Divides numbers along an axis by their length; the target may be the source.
private struct L2Normalizer {
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
  let extent: Int
  let smallest: Float

  /// Each row for itself, read again while it is in the cache; those of the target begin `targetStep` apart, those of
  /// the source at `starts` or one after the other.
  func rows(_ count: Int, from starts: [Int]? = nil, targetStep: Int, _ threads: ThreadTeam) {
    threads.split(count, grain: max(1, (1 << 15) / extent)) { rows in
      for row in rows {
        let start = source + (starts?[row] ?? row * extent)
        var factor = factor(sumOfSquares(start))
        ck_multiply(target + row * targetStep, start, 1, &factor, 0, extent)
      }
    }
  }

  /// Blocks of columns of a matrix each: first the sums of all of them, row by row.
  func columns(_ matrices: Int, _ inner: Int, _ threads: ThreadTeam) {
    let width = min(inner, 1024)
    let blocks = (inner - 1) / width + 1
    threads.split(matrices * blocks, grain: max(1, (1 << 15) / (width * extent))) { pieces in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { scratch in
        guard let factors = scratch.baseAddress else { return }
        for piece in pieces {
          let (matrix, block) = piece.quotientAndRemainder(dividingBy: blocks)
          let start = matrix * extent * inner + block * width
          let count = min(width, inner - block * width)
          scratch.update(repeating: 0)
          for row in 0..<extent { ck_add_squared(factors, source + start + row * inner, count) }
          for column in 0..<count { factors[column] = factor(factors[column]) }
          for row in 0..<extent {
            ck_multiply(target + start + row * inner, source + start + row * inner, 1, factors, 1, count)
          }
        }
      }
    }
  }

  /// NaN stays NaN, as it does in `Maximum`.
  private func factor(_ sum: Float) -> Float {
    1 / (sum > smallest || sum.isNaN ? sum : smallest).squareRoot()
  }

  /// Pieces are added up in float64, since long sums in float32 lose digits.
  private func sumOfSquares(_ start: UnsafePointer<Float>) -> Float {
    let piece = 1 << 14
    guard extent > piece else { return ck_sum_squares(start, extent) }
    var total = 0.0
    for first in stride(from: 0, to: extent, by: piece) {
      total += Double(ck_sum_squares(start + first, min(piece, extent - first)))
    }
    return Float(total)
  }
}
