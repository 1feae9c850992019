import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Slices of a tensor put where integers say.
  static let scatters: [Operator] = [
    // indices, updates, shape: zeros with each slice of the updates added where the innermost axis of indices says.
    .plain("ScatterNd") { call in
      try call.expect(3)
      let (indices, updates) = (call.inputs[0], call.inputs[1])
      let shape = try call.shape(try call.integers(2))
      guard let width = indices.shape.dimensions.last, width <= shape.rank,
        updates.shape.dimensions == indices.shape.dimensions.dropLast() + shape.dimensions[width...]
      else { throw call.error("the updates \(updates) at \(indices) do not fit \(shape)") }
      let sliceCount = shape.count(width..<shape.rank)
      let strides = shape.strides
      let result = try call.filled(shape, with: try call.constant(0, updates.dtype))
      guard updates.elementCount > 0 else {
        call.outputs = [result]
        return
      }
      let numbers = try call.integers(0)
      let starts = try (0..<updates.elementCount / sliceCount).map { row in
        try (0..<width).reduce(0) { start, axis in
          let index = numbers[row * width + axis]
          guard index >= 0, index < shape.dimensions[axis] else {
            throw call.error("its indices \(numbers[row * width..<(row + 1) * width]) are not in \(shape)")
          }
          return start + index * strides[axis]
        }
      }
      try call.add(updates, at: starts, count: sliceCount, to: result)
      call.outputs = [result]
    },
    // data, segment_ids, num_segments: the sums of the slices with the same number; negative ones are left out.
    .plain("UnsortedSegmentSum") { call in
      try call.expect(3)
      let (data, ids, count) = (call.inputs[0], call.inputs[1].shape, try call.integer(2))
      guard count >= 0, data.shape.dimensions.starts(with: ids.dimensions) else { throw call.unsupported() }
      let slice = Array(data.shape.dimensions[ids.rank...])
      let shape = try call.shape([count] + slice)
      let result = try call.filled(shape, with: try call.constant(0, data.dtype))
      let sliceCount = slice.reduce(1, &*)
      if data.elementCount > 0 {
        let starts = try call.integers(1).map { id in
          guard id < count else { throw call.error("its segment \(id) is not among \(count)") }
          return id < 0 ? -1 : id * sliceCount
        }
        try call.add(data, at: starts, count: sliceCount, to: result)
      }
      call.outputs = [result]
    },
    // indices…, data…; N: rows of the data at the places that the indices name; of several the last counts.
    Operator("DynamicStitch") { node in
      let count = node.attributes.int("N") ?? 0
      guard count > 0 else { throw node.error("puts together \(count) tensors") }
      return { call in
        try call.expect(2 * count)
        let indices = try (0..<count).map { try call.integers($0) }
        let last = indices.joined().max() ?? -1
        guard last < 1 << 40, (indices.joined().min() ?? 0) >= 0 else {
          throw call.error("its indices go from \(indices.joined().min() ?? 0) to \(last)")
        }
        let rows = last + 1
        let first = call.inputs[count]
        try call.requireNumbers(first)
        guard first.shape.rank >= call.inputs[0].shape.rank else { throw call.unsupported() }
        let slice = Array(first.shape.dimensions[call.inputs[0].shape.rank...])
        for part in 0..<count {
          guard call.inputs[count + part].dtype == first.dtype,
            call.inputs[count + part].shape.dimensions == call.inputs[part].shape.dimensions + slice
          else { throw call.unsupported() }
        }
        let result = try call.filled(try call.shape([rows] + slice), with: try call.constant(0, first.dtype))
        let runBytes = slice.reduce(first.dtype.byteCount ?? 1, &*)
        let target = result.mutableBytes
        for (part, places) in indices.enumerated() where result.byteCount > 0 {
          let source = call.inputs[count + part].bytes
          for (row, place) in places.enumerated() {
            UnsafeMutableRawBufferPointer(rebasing: target[place * runBytes..<(place + 1) * runBytes])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[row * runBytes..<(row + 1) * runBytes]))
          }
        }
        call.outputs = [result]
      }
    },
  ]
}

extension Call {
  /// Adds slices of `count` elements to those of `result` that begin at `starts`, in order; negative ones are left
  /// out.
  fileprivate func add(_ slices: Tensor, at starts: [Int], count: Int, to result: Tensor) throws {
    switch slices.dtype {
    case .float32:
      guard let from = slices.floats.baseAddress, let to = result.mutableFloats.baseAddress else { return }
      for (row, start) in starts.enumerated() where start >= 0 {
        ck_add(to + start, to + start, 1, from + row * count, 1, count)
      }
    case .float64: sum(slices.elements(Double.self), starts, count, result.mutableElements(Double.self)) { $0 + $1 }
    case .int32: sum(slices.elements(Int32.self), starts, count, result.mutableElements(Int32.self)) { $0 &+ $1 }
    case .int64: sum(slices.elements(Int64.self), starts, count, result.mutableElements(Int64.self)) { $0 &+ $1 }
    default: throw unsupported()
    }
  }

  private func sum<T: Element>(
    _ from: UnsafeBufferPointer<T>, _ starts: [Int], _ count: Int, _ to: UnsafeMutableBufferPointer<T>,
    _ combine: (T, T) -> T
  ) {
    for (row, start) in starts.enumerated() where start >= 0 {
      for index in 0..<count { to[start + index] = combine(to[start + index], from[row * count + index]) }
    }
  }
}
