import Bytes
import Graphs
import Tensors

extension Operator {
  /// What gradients need to know about shapes.
  static let shapeGradients: [Operator] = [
    // s0, s1, as they are broadcast together: the axes along which the gradient of each is to be added up.
    .plain("BroadcastGradientArgs") { call in
      try call.expect(2)
      let shapes = try [call.integers(0), call.integers(1)]
      let rank = max(shapes[0].count, shapes[1].count)
      let padded = shapes.map { Array(repeating: 1, count: rank - $0.count) + $0 }
      var axes: [[Int]] = [[], []]
      // Axes that are 1 in both are added up in both, unless there is nothing to do at all.
      for axis in 0..<rank where shapes[0] != shapes[1] {
        let (a, b) = (padded[0][axis], padded[1][axis])
        guard a == b || a == 1 || b == 1 else {
          throw call.error("\(shapes[0]) and \(shapes[1]) do not fit each other")
        }
        if a == 1 { axes[0].append(axis) }
        if b == 1 { axes[1].append(axis) }
      }
      let isLong = call.inputs[0].dtype == .int64
      call.outputs = try axes.map { try call.integers($0, isLong: isLong) }
    },
    // axis, shapes…: where each part begins when they are put together along the axis.
    .plain("ConcatOffset") { call in
      try call.expect(atLeast: 2)
      let shapes = try call.inputs.indices.dropFirst().map { try call.integers($0) }
      let rank = shapes[0].count
      let axis = try call.axis(try call.integer(0), rank: rank)
      var start = 0
      call.outputs = try shapes.map { shape in
        guard shape.count == rank,
          (0..<rank).allSatisfy({ $0 == axis || shape[$0] == shapes[0][$0] })
        else { throw call.error("the shapes \(shapes) cannot be put together along axis \(axis)") }
        var offset = Array(repeating: 0, count: rank)
        offset[axis] = start
        let (sum, overflow) = start.addingReportingOverflow(shape[axis])
        guard !overflow else { throw call.error("the shapes \(shapes) are too large together") }
        start = sum
        return try call.integers(offset, isLong: false)
      }
    },
    // shape, begin, end, strides, dy; the masks of StridedSlice: zeros of that shape with dy where the slice was.
    Operator("StridedSliceGrad") { node in
      let masks = try SliceMasks(node)
      return { call in
        try call.expect(5)
        let shape = try call.shape(try call.integers(0))
        let (begin, end, steps) = (try call.integers(1), try call.integers(2), try call.integers(3))
        guard begin.count == end.count, end.count == steps.count, begin.count < 32 else {
          throw call.error("begin, end and strides differ in length")
        }
        let plan = try masks.resolve(begin, end, steps, shape, &call)
        let dy = call.inputs[4]
        guard dy.shape.dimensions == plan.shape else {
          throw call.error("its gradient is \(dy), where the slice is \(plan.shape)")
        }
        call.outputs = [try call.unsliced(dy, shape, plan.ranges)]
      }
    },
  ]
}

extension Call {
  /// Zeros with the elements of `part` at some positions of each axis.
  fileprivate func unsliced(_ part: Tensor, _ shape: Shape, _ ranges: [AxisRange]) throws -> Tensor {
    let result = try filled(shape, with: try constant(0, part.dtype))
    guard part.elementCount > 0 else { return result }
    let unit = part.dtype.byteCount ?? 1
    let strides = shape.strides
    // Runs of neighbours along the innermost axes that are taken whole, and one more that is taken without gaps.
    var runAxis = ranges.count
    while runAxis > 0, ranges[runAxis - 1].start == 0, ranges[runAxis - 1].step == 1,
      ranges[runAxis - 1].count == shape.dimensions[runAxis - 1]
    { runAxis -= 1 }
    let partAxis = runAxis > 0 && ranges[runAxis - 1].step == 1 ? runAxis - 1 : runAxis
    let base = partAxis < runAxis ? ranges[partAxis].start * strides[partAxis] : 0
    let runCount = ranges[partAxis...].reduce(1) { $0 * $1.count }
    let (from, to) = (part.bytes, result.mutableBytes)
    threads.split(part.elementCount / runCount, grain: max(1, (1 << 16) / (runCount * unit))) { rows in
      for row in rows {
        var (rest, position) = (row, base)
        for axis in stride(from: partAxis - 1, through: 0, by: -1) {
          let (quotient, place) = rest.quotientAndRemainder(dividingBy: ranges[axis].count)
          position += (ranges[axis].start + place * ranges[axis].step) * strides[axis]
          rest = quotient
        }
        let source = row * runCount * unit..<(row + 1) * runCount * unit
        UnsafeMutableRawBufferPointer(rebasing: to[position * unit..<(position + runCount) * unit])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[source]))
      }
    }
    return result
  }
}
