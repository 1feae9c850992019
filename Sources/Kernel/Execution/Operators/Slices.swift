import Bytes
import Graphs
import Tensors

extension Operator {
  /// Parts of tensors.
  static let slices: [Operator] = [
    // input, begin, end, strides; five masks of bits, one for each entry of `begin`.
    Operator("StridedSlice") { node in
      let masks = try SliceMasks(node)
      return { call in
        try call.expect(4)
        let (begin, end, steps) = (try call.integers(1), try call.integers(2), try call.integers(3))
        guard begin.count == end.count, end.count == steps.count, begin.count < 32 else {
          throw call.error("begin, end and strides differ in length")
        }
        let plan = try masks.resolve(begin, end, steps, call.inputs[0].shape, &call)
        call.outputs = [try call.strided(0, plan.ranges).reshaped(try call.shape(plan.shape))]
      }
    },
    // input, begin, size; a size of -1 is all that is left.
    .plain("Slice") { call in
      try call.expect(3)
      let (begin, size) = (try call.integers(1), try call.integers(2))
      let dimensions = call.inputs[0].shape.dimensions
      guard begin.count == dimensions.count, size.count == dimensions.count else { throw call.unsupported() }
      let ranges = try dimensions.indices.map { axis in
        guard begin[axis] >= 0, begin[axis] <= dimensions[axis] else {
          throw call.error("it begins at \(begin) of \(call.inputs[0])")
        }
        let left = dimensions[axis] - begin[axis]
        let count = size[axis] == -1 ? left : size[axis]
        guard count >= 0, count <= left else {
          throw call.error("it takes \(size) from \(begin) of \(call.inputs[0])")
        }
        return AxisRange(start: begin[axis], step: 1, count: count)
      }
      call.outputs = [try call.strided(0, ranges)]
    },
  ]
}

/// Some of the positions along an axis.
struct AxisRange {
  var start: Int
  var step: Int
  var count: Int
}

/// The attributes of a `StridedSlice`.
struct SliceMasks {
  let begin: Int
  let end: Int
  let ellipsis: Int
  let newAxis: Int
  let shrink: Int

  init(_ node: Node) throws {
    begin = node.attributes.int("begin_mask") ?? 0
    end = node.attributes.int("end_mask") ?? 0
    ellipsis = node.attributes.int("ellipsis_mask") ?? 0
    newAxis = node.attributes.int("new_axis_mask") ?? 0
    shrink = node.attributes.int("shrink_axis_mask") ?? 0
    guard ellipsis & (ellipsis &- 1) == 0 else { throw node.error("has more than one ellipsis") }
  }

  /// The positions taken from each axis, and the shape that the result is given.
  func resolve(_ begins: [Int], _ ends: [Int], _ steps: [Int], _ shape: Shape, _ call: inout Call) throws -> (
    ranges: [AxisRange], shape: [Int]
  ) {
    let dimensions = shape.dimensions
    func has(_ mask: Int, _ entry: Int) -> Bool { mask >> entry & 1 == 1 }
    // Entries that stand for an axis each; an ellipsis stands for all that are left.
    let named = begins.indices.count { !has(ellipsis, $0) && !has(newAxis, $0) }
    guard named <= dimensions.count else {
      throw call.error("it takes \(named) axes of \(call.inputs[0])")
    }
    var ranges: [AxisRange] = []
    var result: [Int] = []
    func takeWhole(_ count: Int) {
      for _ in 0..<count {
        let extent = dimensions[ranges.count]
        ranges.append(AxisRange(start: 0, step: 1, count: extent))
        result.append(extent)
      }
    }
    for entry in begins.indices {
      if has(ellipsis, entry) {
        takeWhole(dimensions.count - named)
        continue
      }
      if has(newAxis, entry) {
        result.append(1)
        continue
      }
      let extent = dimensions[ranges.count]
      if has(shrink, entry) {
        let start = begins[entry] < 0 ? begins[entry] + extent : begins[entry]
        guard start >= 0, start < extent else {
          throw call.error("it takes position \(begins[entry]) of an axis of \(extent)")
        }
        ranges.append(AxisRange(start: start, step: 1, count: 1))
        continue
      }
      let step = steps[entry]
      guard step != 0, step != Int.min else { throw call.error("its stride is \(step)") }
      let first = step > 0 ? 0 : extent - 1
      let last = step > 0 ? extent : -1
      func bounded(_ value: Int) -> Int {
        let position = value < 0 ? value + extent : value
        return step > 0 ? min(max(position, 0), extent) : min(max(position, -1), extent - 1)
      }
      let start = has(begin, entry) ? first : bounded(begins[entry])
      let stop = has(end, entry) ? last : bounded(ends[entry])
      let distance = step > 0 ? stop - start : start - stop
      let count = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
      // A step that is not taken may be any number.
      ranges.append(AxisRange(start: start, step: count > 1 ? step : 1, count: count))
      result.append(count)
    }
    if !(begins.indices.contains { has(ellipsis, $0) }) || ranges.count < dimensions.count {
      takeWhole(dimensions.count - ranges.count)
    }
    return (ranges, result)
  }
}

extension Call {
  /// The elements at some positions of each axis; shared with the input when they lie together.
  func strided(_ input: Int, _ ranges: [AxisRange]) throws -> Tensor {
    let tensor = inputs[input]
    let shape = try self.shape(ranges.map(\.count))
    if tensor.dtype == .string { return try stridedStrings(tensor, ranges, shape) }
    try requireNumbers(tensor)
    let dimensions = tensor.shape.dimensions
    func isWhole(_ axis: Int) -> Bool {
      ranges[axis].start == 0 && ranges[axis].step == 1 && ranges[axis].count == dimensions[axis]
    }
    // Axes from the end that are taken whole make runs of neighbours, and one more may be taken in part.
    var runAxis = ranges.count
    while runAxis > 0, isWhole(runAxis - 1) { runAxis -= 1 }
    let unit = tensor.dtype.byteCount ?? 1
    if runAxis == 0 { return tensor }
    if runAxis == 1, ranges[0].step == 1, shape.elementCount > 0 {
      return tensor.rows(ranges[0].start..<ranges[0].start + ranges[0].count).reshaped(shape)
    }
    let result = try allocate(tensor.dtype, shape)
    guard shape.elementCount > 0 else { return result }
    let strides = tensor.shape.strides
    let partAxis = ranges[runAxis - 1].step == 1 ? runAxis - 1 : runAxis
    let runCount = shape.count(partAxis..<ranges.count)
    let outer = Array(ranges[..<partAxis])
    let base = partAxis < ranges.count ? ranges[partAxis].start * strides[partAxis] : 0
    let (source, target) = (tensor.bytes, result.mutableBytes)
    let runBytes = runCount * unit
    threads.split(shape.elementCount / runCount, grain: max(1, (1 << 16) / runBytes)) { rows in
      // Where a run is, counted up like the digits of a number.
      var places = Array(repeating: 0, count: outer.count)
      var rest = rows.lowerBound
      for axis in outer.indices.reversed() {
        (rest, places[axis]) = rest.quotientAndRemainder(dividingBy: outer[axis].count)
      }
      var position = base
      for axis in outer.indices {
        position += (outer[axis].start + places[axis] * outer[axis].step) * strides[axis]
      }
      for row in rows {
        let from = source.baseAddress.unsafelyUnwrapped + position * unit
        let to = target.baseAddress.unsafelyUnwrapped + row * runBytes
        switch runBytes {
        case 4: to.storeBytes(of: from.loadUnaligned(as: UInt32.self), as: UInt32.self)
        case 8: to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
        default: to.copyMemory(from: from, byteCount: runBytes)
        }
        for axis in outer.indices.reversed() {
          places[axis] += 1
          position += outer[axis].step * strides[axis]
          if places[axis] < outer[axis].count { break }
          position -= outer[axis].count * outer[axis].step * strides[axis]
          places[axis] = 0
        }
      }
    }
    return result
  }

  private func stridedStrings(_ tensor: Tensor, _ ranges: [AxisRange], _ shape: Shape) throws -> Tensor {
    guard ranges.count <= 1 else { throw unsupported() }
    let range = ranges.first ?? AxisRange(start: 0, step: 1, count: 1)
    return try strings(shape) { (0..<range.count).map { tensor.strings[range.start + $0 * range.step] } }
  }
}
