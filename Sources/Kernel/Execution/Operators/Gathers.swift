import Bytes
import Graphs
import Tensors

extension Operator {
  /// Rows of a tensor by their numbers.
  static let gathers: [Operator] = [
    // params, indices
    .plain("Gather") { call in
      try call.expect(2)
      call.outputs = [try call.gathered(call.inputs[0], axis: 0, batchAxes: 0)]
    },
    // params, indices, axis; batch_dims
    Operator("GatherV2") { node in
      let batchAxes = node.attributes.int("batch_dims") ?? 0
      return { call in
        try call.expect(3)
        let axis = try call.axis(try call.integer(2), rank: call.inputs[0].shape.rank)
        call.outputs = [try call.gathered(call.inputs[0], axis: axis, batchAxes: batchAxes)]
      }
    },
    // resource, indices; batch_dims
    Operator("ResourceGather") { node in
      let batchAxes = node.attributes.int("batch_dims") ?? 0
      return { call in
        try call.expect(2)
        let value = try call.context.variables.value(of: try call.variable(0).node)
        call.outputs = [try call.gathered(value, axis: batchAxes, batchAxes: batchAxes)]
      }
    },
    // params, indices: the innermost axis of the indices names a place in the outermost axes of the first.
    .plain("GatherNd") { call in
      let slices = try call.slicesByPlace()
      call.outputs = [
        try call.copied(call.inputs[0], from: slices.starts, count: slices.count, slices.shape, into: slices.result)
      ]
    },
    // indices, depth, on, off; axis
    Operator("OneHot") { node in
      let given = node.attributes.int("axis") ?? -1
      return { call in
        try call.expect(4)
        let depth = try call.integer(1)
        let shape = call.inputs[0].shape
        let axis = try call.axis(given, rank: shape.rank + 1)
        guard depth >= 0, call.inputs[2].dtype == call.inputs[3].dtype,
          call.inputs[2].elementCount == 1, call.inputs[3].elementCount == 1, call.inputs[2].dtype.byteCount != nil
        else {
          throw call.unsupported()
        }
        var dimensions = shape.dimensions
        dimensions.insert(depth, at: axis)
        let result = try call.filled(try call.shape(dimensions), with: call.inputs[3])
        let unit = result.dtype.byteCount ?? 1
        let inner = shape.count(axis..<shape.rank)
        let (target, on) = (result.mutableBytes, call.inputs[2].bytes)
        guard result.byteCount > 0 else {
          call.outputs = [result]
          return
        }
        for (position, index) in try call.integers(0).enumerated() where index >= 0 && index < depth {
          let (outer, place) = position.quotientAndRemainder(dividingBy: inner)
          let start = ((outer * depth + index) * inner + place) * unit
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + unit]).copyMemory(from: on)
        }
        call.outputs = [result]
      }
    },
  ]
}

extension Call {
  /// What a `GatherNd` picks of its first input.
  struct SlicesByPlace {
    /// The first element of each slice; none when the slices have no elements.
    var starts: [Int] = []
    /// How many elements each has.
    var count: Int
    var shape: Shape
    /// Memory for all of them, unless they are strings.
    var result: Tensor?
  }

  /// The slices of input 0 that input 1 names: its innermost axis is places in the outermost axes of input 0.
  ///
  /// - Throws: ``KernelError`` `.badData` for a place that there is not.
  func slicesByPlace() throws -> SlicesByPlace {
    try expect(2)
    let (params, indices) = (inputs[0], inputs[1])
    guard let width = indices.shape.dimensions.last, width <= params.shape.rank else { throw unsupported() }
    let slice = Array(params.shape.dimensions[width...])
    let shape = try shape(Array(indices.shape.dimensions.dropLast()) + slice)
    let strides = params.shape.strides
    let numbers = try integers(1)
    let rowCount = width == 0 ? indices.shape.count(0..<indices.shape.rank - 1) : numbers.count / width
    // The result's memory is there before a list is made that is about as long.
    let result = params.dtype == .string ? nil : try allocate(params.dtype, shape)
    guard result != nil || shape.elementCount <= 1 << 24 else { throw unsupported() }
    var slices = SlicesByPlace(count: slice.reduce(1, &*), shape: shape, result: result)
    guard shape.elementCount > 0 else { return slices }
    slices.starts.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      var start = 0
      for axis in 0..<width {
        let index = numbers[row * width + axis]
        guard index >= 0, index < params.shape.dimensions[axis] else {
          throw error("its indices \(numbers[row * width..<(row + 1) * width]) are not in \(params)")
        }
        start += index * strides[axis]
      }
      slices.starts.append(start)
    }
    return slices
  }

  /// The slices of `params` along `axis` that input 1 names; the first `batchAxes` axes go together.
  fileprivate func gathered(_ params: Tensor, axis: Int, batchAxes given: Int) throws -> Tensor {
    let indices = inputs[1].shape
    let batchAxes = try self.axis(given, rank: indices.rank + 1)
    let dimensions = params.shape.dimensions
    guard batchAxes <= axis, batchAxes <= indices.rank, axis < dimensions.count,
      dimensions[..<batchAxes] == indices.dimensions[..<batchAxes]
    else { throw unsupported() }
    let extent = dimensions[axis]
    if dimensions.count == 1, params.dtype == .float32, inputs[1].elementCount > 0 { return try lookedUp(params) }
    let numbers = try integers(1)
    if let wrong = numbers.first(where: { $0 < 0 || $0 >= extent }) {
      throw error("its index \(wrong) is not among the \(extent) of \(params)")
    }
    let shape = try self.shape(
      Array(dimensions[..<axis]) + Array(indices.dimensions[batchAxes...]) + Array(dimensions[(axis + 1)...]))
    let sliceCount = params.shape.count(axis + 1..<dimensions.count)
    let result = params.dtype == .string ? nil : try allocate(params.dtype, shape)
    guard result != nil || shape.elementCount <= 1 << 24 else { throw unsupported() }
    var starts: [Int] = []
    if shape.elementCount > 0 {
      let batches = params.shape.count(0..<batchAxes)
      let middle = params.shape.count(batchAxes..<axis)
      let perBatch = indices.count(batchAxes..<indices.rank)
      starts.reserveCapacity(batches * middle * perBatch)
      for batch in 0..<batches {
        for outer in 0..<middle {
          for place in 0..<perBatch {
            starts.append(((batch * middle + outer) * extent + numbers[batch * perBatch + place]) * sliceCount)
          }
        }
      }
    }
    return try copied(params, from: starts, count: sliceCount, shape, into: result)
  }

  /// The rows of input 0 in that order.
  ///
  /// - Precondition: they are there.
  func rows(_ order: [Int]) throws -> Tensor {
    let shape = inputs[0].shape
    let count = shape.count(1..<shape.rank)
    return try copied(inputs[0], from: order.map { $0 * count }, count: count, shape, into: nil)
  }

  /// Single elements of a vector by number: how a codebook widens its codes.
  private func lookedUp(_ params: Tensor) throws -> Tensor {
    switch inputs[1].dtype {
    case .int32: try lookedUp(params, by: Int32.self)
    case .int64: try lookedUp(params, by: Int64.self)
    default: throw error("its input 1 is \(inputs[1]), where integers are expected")
    }
  }

  private func lookedUp<T: Element & FixedWidthInteger & Sendable>(_ params: Tensor, by: T.Type) throws -> Tensor {
    let numbers = inputs[1].elements(T.self)
    let from = params.floats
    if let wrong = numbers.first(where: { $0 < 0 || $0 >= from.count }) {
      throw error("its index \(wrong) is not among the \(from.count) of \(params)")
    }
    let result = try allocate(.float32, inputs[1].shape)
    let to = result.mutableFloats
    threads.split(to.count, grain: 1 << 15) { part in for index in part { to[index] = from[Int(numbers[index])] } }
    return result
  }

  /// Runs of `count` elements that begin at `starts`, one after the other, in `result` if it is there.
  fileprivate func copied(
    _ tensor: Tensor, from starts: [Int], count: Int, _ shape: Shape, into result: Tensor?
  ) throws -> Tensor {
    if tensor.dtype == .string {
      guard count == 1 else { throw unsupported() }
      return try strings(shape) { starts.map { tensor.strings[$0] } }
    }
    try requireNumbers(tensor)
    let result = try result ?? allocate(tensor.dtype, shape)
    guard !starts.isEmpty, count > 0 else { return result }
    let runBytes = count * (tensor.dtype.byteCount ?? 1)
    let unit = tensor.dtype.byteCount ?? 1
    let (source, target) = (tensor.bytes, result.mutableBytes)
    threads.split(starts.count, grain: max(1, (1 << 17) / runBytes)) { rows in
      for row in rows {
        UnsafeMutableRawBufferPointer(rebasing: target[row * runBytes..<(row + 1) * runBytes])
          .copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[starts[row] * unit..<starts[row] * unit + runBytes]))
      }
    }
    return result
  }
}
