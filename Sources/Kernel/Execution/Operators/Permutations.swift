import Bytes
import Graphs
import Tensors

extension Operator {
  /// The same elements in another order.
  static let permutations: [Operator] = [
    // x, perm
    .plain("Transpose") { call in
      try call.expect(2)
      let order = try call.integers(1)
      let shape = call.inputs[0].shape
      guard order.sorted() == Array(0..<shape.rank) else {
        throw call.error("\(order) is not an order of the axes of \(call.inputs[0])")
      }
      call.outputs = [try call.transposed(call.inputs[0], order)]
    },
    .plain("InvertPermutation") { call in
      try call.expect(1)
      let order = try call.integers(0)
      guard order.sorted() == Array(0..<order.count) else { throw call.error("\(order) is not a permutation") }
      var inverse = Array(repeating: 0, count: order.count)
      for (index, value) in order.enumerated() { inverse[value] = index }
      call.outputs = [try call.integers(inverse, isLong: call.inputs[0].dtype == .int64)]
    },
    // tensor, axes
    .plain("ReverseV2") { call in
      try call.expect(2)
      let dimensions = call.inputs[0].shape.dimensions
      var ranges = dimensions.map { AxisRange(start: 0, step: 1, count: $0) }
      for value in try call.integers(1) {
        let axis = try call.axis(value, rank: dimensions.count)
        ranges[axis] = AxisRange(start: dimensions[axis] - 1, step: -1, count: dimensions[axis])
      }
      call.outputs = [try call.strided(0, ranges)]
    },
  ]
}

extension Call {
  /// A tensor with its axes in another order.
  fileprivate func transposed(_ tensor: Tensor, _ order: [Int]) throws -> Tensor {
    let dimensions = tensor.shape.dimensions
    let shape = try self.shape(order.map { dimensions[$0] })
    if tensor.elementCount == 0 { return tensor.reshaped(shape) }
    // Axes of extent 1 do not matter, and neighbours that stay neighbours are one axis.
    let strides = tensor.shape.strides
    var extents: [Int] = []
    var steps: [Int] = []
    for axis in order where dimensions[axis] != 1 {
      if let last = steps.last, last == strides[axis] &* dimensions[axis] {
        extents[extents.count - 1] *= dimensions[axis]
        steps[steps.count - 1] = strides[axis]
      } else {
        extents.append(dimensions[axis])
        steps.append(strides[axis])
      }
    }
    if extents.count <= 1 { return tensor.reshaped(shape) }
    try requireNumbers(tensor)
    let result = try allocate(tensor.dtype, shape)
    switch tensor.dtype.byteCount {
    case 1: move(tensor, result, extents, steps, UInt8.self)
    case 2: move(tensor, result, extents, steps, UInt16.self)
    case 4: move(tensor, result, extents, steps, UInt32.self)
    case 8: move(tensor, result, extents, steps, UInt64.self)
    default: throw unsupported()
    }
    return result
  }

  /// Fills `result`, of these extents, with elements that lie `steps` apart.
  private func move<T: BitwiseCopyable>(
    _ tensor: Tensor, _ result: Tensor, _ extents: [Int], _ steps: [Int], _: T.Type
  ) {
    let (from, to) = (
      tensor.bytes.assumingMemoryBound(to: T.self), result.mutableBytes.assumingMemoryBound(to: T.self)
    )
    // A tile of the two innermost axes of the result at a time, so that both sides stay in the cache.
    let rank = extents.count
    let (rows, columns) = (extents[rank - 2], extents[rank - 1])
    let (rowStep, columnStep) = (steps[rank - 2], steps[rank - 1])
    let outer = to.count / (rows * columns)
    let tile = columnStep == 1 ? rows : min(rows, 64)
    let tiles = (rows - 1) / tile + 1
    threads.split(outer * tiles, grain: max(1, (1 << 15) / (tile * columns))) { pieces in
      for piece in pieces {
        let (block, part) = piece.quotientAndRemainder(dividingBy: tiles)
        var (rest, base) = (block, 0)
        for axis in stride(from: rank - 3, through: 0, by: -1) {
          let (quotient, index) = rest.quotientAndRemainder(dividingBy: extents[axis])
          base += index * steps[axis]
          rest = quotient
        }
        let rowRange = part * tile..<min(rows, (part + 1) * tile)
        if columnStep == 1 {
          for row in rowRange {
            let target = UnsafeMutableBufferPointer(
              rebasing: to[(block * rows + row) * columns..<(block * rows + row + 1) * columns])
            let start = base + row * rowStep
            _ = target.update(fromContentsOf: UnsafeBufferPointer(rebasing: from[start..<start + columns]))
          }
          continue
        }
        for firstColumn in stride(from: 0, to: columns, by: 16) {
          let columnRange = firstColumn..<min(columns, firstColumn + 16)
          for row in rowRange {
            let target = (block * rows + row) * columns
            let start = base + row * rowStep
            for column in columnRange { to[target + column] = from[start + column * columnStep] }
          }
        }
      }
    }
  }
}
