import Bytes
import Graphs
import Tensors

extension Operator {
  /// Tensors put together and taken apart along an axis.
  static let joins: [Operator] = [
    // values…, axis
    Operator("ConcatV2") { _ in
      { call in
        try call.expect(atLeast: 2)
        let count = call.inputs.count - 1
        call.outputs = [try call.joined(Array(call.inputs[..<count]), axis: try call.integer(count))]
      }
    },
    // axis, values…
    Operator("Concat") { _ in
      { call in
        try call.expect(atLeast: 2)
        call.outputs = [try call.joined(Array(call.inputs[1...]), axis: try call.integer(0))]
      }
    },
    // values…; axis
    Operator("Pack") { node in
      let given = node.attributes.int("axis") ?? 0
      return { call in
        try call.expect(atLeast: 1)
        let shape = call.inputs[0].shape
        let axis = try call.axis(given, rank: shape.rank + 1)
        guard call.inputs.allSatisfy({ $0.shape == shape }) else { throw call.unsupported() }
        if call.inputs[0].dtype == .string {
          guard shape.rank == 0 else { throw call.unsupported() }
          let inputs = call.inputs
          call.outputs = [try call.strings(try call.shape([inputs.count])) { inputs.flatMap(\.strings) }]
          return
        }
        var dimensions = shape.dimensions
        dimensions.insert(1, at: axis)
        let part = try call.shape(dimensions)
        call.outputs = [try call.joined(call.inputs.map { $0.reshaped(part) }, axis: axis)]
      }
    },
    // value; num, axis
    Operator("Unpack") { node in
      let given = node.attributes.int("axis") ?? 0
      return { call in
        try call.expect(1)
        let shape = call.inputs[0].shape
        let axis = try call.axis(given, rank: shape.rank)
        var rest = shape.dimensions
        rest.remove(at: axis)
        let part = try call.shape(rest)
        guard shape.dimensions[axis] <= 1 << 20 else { throw call.unsupported() }
        let sizes = Array(repeating: 1, count: shape.dimensions[axis])
        call.outputs = try call.parts(of: 0, sizes: sizes, axis: axis).map { $0.reshaped(part) }
      }
    },
    // axis, value; num_split
    Operator("Split") { node in
      let count = node.attributes.int("num_split") ?? 0
      guard count > 0, count <= 1 << 20 else { throw node.error("splits into \(count)") }
      return { call in
        try call.expect(2)
        let axis = try call.axis(try call.integer(0), rank: call.inputs[1].shape.rank)
        let extent = call.inputs[1].shape.dimensions[axis]
        guard extent % count == 0 else { throw call.error("cannot split an axis of \(extent) into \(count)") }
        call.outputs = try call.parts(of: 1, sizes: Array(repeating: extent / count, count: count), axis: axis)
      }
    },
    // value, sizes, axis
    .plain("SplitV") { call in
      try call.expect(3)
      let axis = try call.axis(try call.integer(2), rank: call.inputs[0].shape.rank)
      let extent = call.inputs[0].shape.dimensions[axis]
      var sizes = try call.integers(1)
      let known = sizes.filter { $0 >= 0 && $0 <= extent }.reduce(0, &+)
      if let unknown = sizes.firstIndex(of: -1) { sizes[unknown] = extent - known }
      guard sizes.allSatisfy({ $0 >= 0 && $0 <= extent }), sizes.reduce(0, &+) == extent else {
        throw call.error("cannot split an axis of \(extent) into \(try call.integers(1))")
      }
      call.outputs = try call.parts(of: 0, sizes: sizes, axis: axis)
    },
    // input, multiples
    .plain("Tile") { call in
      try call.expect(2)
      let multiples = try call.integers(1)
      guard multiples.count == call.inputs[0].shape.rank, multiples.allSatisfy({ $0 >= 0 }) else {
        throw call.error("cannot repeat \(call.inputs[0]) by \(multiples)")
      }
      var tensor = call.inputs[0]
      if multiples.contains(0) {
        let extents = zip(tensor.shape.dimensions, multiples).map { $0.multipliedReportingOverflow(by: $1) }
        guard !extents.contains(where: \.overflow) else { throw call.error("its result is too large") }
        call.outputs = [try call.allocate(tensor.dtype, try call.shape(extents.map(\.partialValue)))]
        return
      }
      // From the innermost axis, so that long runs are copied most often.
      for axis in multiples.indices.reversed() where multiples[axis] > 1 {
        guard multiples[axis] <= 1 << 31 else { throw call.error("cannot repeat \(tensor) by \(multiples)") }
        tensor = try call.repeated(tensor, axis: axis, count: multiples[axis])
      }
      call.outputs = [tensor]
    },
    // input, shape
    .plain("BroadcastTo") { call in
      try call.expect(2)
      let shape = try call.shape(try call.integers(1))
      var tensor = call.inputs[0]
      guard Broadcast.shape(tensor.shape, shape) == shape else {
        throw call.error("\(tensor) cannot be broadcast to \(shape)")
      }
      let missing = shape.rank - tensor.shape.rank
      tensor = tensor.reshaped(try call.shape(Array(repeating: 1, count: missing) + tensor.shape.dimensions))
      for axis in shape.dimensions.indices.reversed() where tensor.shape.dimensions[axis] != shape.dimensions[axis]
      {
        tensor = try call.repeated(tensor, axis: axis, count: shape.dimensions[axis])
      }
      call.outputs = [tensor]
    },
    pad("Pad"), pad("PadV2"),
  ]

  /// input, paddings of two columns, for `PadV2` the value (else zero).
  private static func pad(_ name: String) -> Operator {
    .plain(name) { call in
      try call.expect(name == "Pad" ? 2 : 3)
      let input = call.inputs[0]
      let paddings = try call.integers(1)
      guard paddings.count == 2 * input.shape.rank, paddings.allSatisfy({ $0 >= 0 && $0 < 1 << 40 }) else {
        throw call.error("cannot pad \(input) by \(paddings)")
      }
      let value = name == "Pad" ? try call.constant(0, input.dtype) : call.inputs[2]
      guard value.dtype == input.dtype, value.elementCount == 1 else { throw call.unsupported() }
      var tensor = input
      for axis in 0..<input.shape.rank where paddings[2 * axis] + paddings[2 * axis + 1] > 0 {
        let pieces = try [paddings[2 * axis], -1, paddings[2 * axis + 1]].compactMap { extent -> Tensor? in
          if extent < 0 { return tensor }
          var dimensions = tensor.shape.dimensions
          dimensions[axis] = extent
          return extent == 0 ? nil : try call.filled(try call.shape(dimensions), with: value)
        }
        tensor = try call.joined(pieces, axis: axis)
      }
      call.outputs = [tensor]
    }
  }
}

extension Call {
  /// Tensors one after the other along an axis.
  func joined(_ parts: [Tensor], axis given: Int) throws -> Tensor {
    let first = parts[0]
    if parts.count == 1 { return first }
    let axis = try axis(given, rank: first.shape.rank)
    var dimensions = first.shape.dimensions
    dimensions[axis] = 0
    let others = dimensions
    for part in parts {
      var rest = part.shape.dimensions
      guard part.dtype == first.dtype, rest.indices.contains(axis) else { throw unsupported() }
      let (sum, overflow) = dimensions[axis].addingReportingOverflow(rest[axis])
      rest[axis] = 0
      guard rest == others, !overflow else { throw unsupported() }
      dimensions[axis] = sum
    }
    let shape = try self.shape(dimensions)
    if first.dtype == .string {
      guard axis == 0 else { throw unsupported() }
      return try strings(shape) { parts.flatMap(\.strings) }
    }
    try requireNumbers(first)
    let result = try allocate(first.dtype, shape)
    guard result.byteCount > 0 else { return result }
    let target = result.mutableBytes
    let rowCount = shape.count(0..<axis)
    let rowBytes = target.count / rowCount
    let partBytes = parts.map { $0.byteCount / rowCount }
    threads.split(rowCount, grain: max(1, (1 << 17) / rowBytes)) { rows in
      for row in rows {
        var offset = row * rowBytes
        for (part, count) in zip(parts, partBytes) where count > 0 {
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: part.bytes[row * count..<(row + 1) * count]))
          offset += count
        }
      }
    }
    return result
  }

  /// An input cut along an axis.
  func parts(of input: Int, sizes: [Int], axis: Int) throws -> [Tensor] {
    var ranges = inputs[input].shape.dimensions.map { AxisRange(start: 0, step: 1, count: $0) }
    var start = 0
    return try sizes.map { size in
      ranges[axis] = AxisRange(start: start, step: 1, count: size)
      start += size
      return try strided(input, ranges)
    }
  }

  /// A tensor repeated along an axis.
  func repeated(_ tensor: Tensor, axis: Int, count: Int) throws -> Tensor {
    try requireNumbers(tensor)
    var dimensions = tensor.shape.dimensions
    let (extent, overflow) = dimensions[axis].multipliedReportingOverflow(by: count)
    guard !overflow else { throw error("its result is too large") }
    dimensions[axis] = extent
    let result = try allocate(tensor.dtype, try shape(dimensions))
    guard result.byteCount > 0 else { return result }
    let rowCount = tensor.shape.count(0..<axis)
    let rowBytes = tensor.byteCount / rowCount
    let (source, target) = (tensor.bytes, result.mutableBytes)
    threads.split(rowCount, grain: max(1, (1 << 17) / (rowBytes * count))) { rows in
      for row in rows {
        let from = UnsafeRawBufferPointer(rebasing: source[row * rowBytes..<(row + 1) * rowBytes])
        for copy in 0..<count {
          let start = (row * count + copy) * rowBytes
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + rowBytes]).copyMemory(from: from)
        }
      }
    }
    return result
  }
}
