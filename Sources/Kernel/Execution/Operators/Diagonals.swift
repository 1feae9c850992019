import Bytes
import Graphs
import Tensors

extension Operator {
  /// Matrices with given diagonals, and sums along an axis.
  static let diagonals: [Operator] = [
    // diagonal […, n]: matrices […, n, n] that are zero elsewhere.
    .plain("MatrixDiag") { call in
      try call.expect(1)
      let shape = call.inputs[0].shape
      guard let size = shape.dimensions.last else { throw call.unsupported() }
      let zero = try call.constant(0, call.inputs[0].dtype)
      let result = try call.filled(try call.shape(shape.dimensions + [size]), with: zero)
      call.setDiagonals(of: result, call.inputs[0])
      call.outputs = [result]
    },
    // input […, m, n], diagonal […, min(m, n)]
    .plain("MatrixSetDiag") { call in
      try call.expect(2)
      let (shape, diagonal) = (call.inputs[0].shape, call.inputs[1])
      guard shape.rank >= 2, call.inputs[0].dtype == diagonal.dtype,
        diagonal.shape.dimensions
          == shape.dimensions.dropLast(2) + [
            min(shape.dimensions[shape.rank - 2], shape.dimensions[shape.rank - 1])
          ]
      else { throw call.unsupported() }
      try call.requireNumbers(diagonal)
      let result = try call.reuse(0, as: diagonal.dtype, shape)
      if result.storage !== call.inputs[0].storage { result.mutableBytes.copyMemory(from: call.inputs[0].bytes) }
      call.setDiagonals(of: result, diagonal)
      call.outputs = [result]
    },
    // x, axis; exclusive, reverse: each element with all before it.
    Operator("Cumsum") { node in
      let isExclusive = node.attributes.bool("exclusive") ?? false
      let isReversed = node.attributes.bool("reverse") ?? false
      return { call in
        try call.expect(2)
        let shape = call.inputs[0].shape
        let axis = try call.axis(try call.integer(1), rank: shape.rank)
        let result = try call.allocate(call.inputs[0].dtype, shape)
        let sums = RunningSums(
          extent: shape.dimensions[axis], inner: shape.elementCount == 0 ? 0 : shape.count(axis + 1..<shape.rank),
          isExclusive: isExclusive, isReversed: isReversed)
        switch call.inputs[0].dtype {
        case .float32: sums.run(call.inputs[0], result, Float(0)) { $0 + $1 }
        case .float64: sums.run(call.inputs[0], result, 0.0) { $0 + $1 }
        case .int32: sums.run(call.inputs[0], result, Int32(0)) { $0 &+ $1 }
        case .int64: sums.run(call.inputs[0], result, Int64(0)) { $0 &+ $1 }
        default: throw call.unsupported()
        }
        call.outputs = [result]
      }
    },
  ]
}

extension Call {
  /// Writes the diagonals of the two innermost axes.
  fileprivate func setDiagonals(of matrices: Tensor, _ diagonals: Tensor) {
    guard diagonals.elementCount > 0 else { return }
    let dimensions = matrices.shape.dimensions
    let (rows, columns) = (dimensions[dimensions.count - 2], dimensions[dimensions.count - 1])
    let unit = diagonals.dtype.byteCount ?? 1
    let (from, to) = (diagonals.bytes, matrices.mutableBytes)
    for index in 0..<diagonals.elementCount {
      let (matrix, place) = index.quotientAndRemainder(dividingBy: min(rows, columns))
      let target = (matrix * rows * columns + place * (columns + 1)) * unit
      UnsafeMutableRawBufferPointer(rebasing: to[target..<target + unit])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[index * unit..<(index + 1) * unit]))
    }
  }
}

/// Sums along the middle one of three axes.
private struct RunningSums {
  let extent: Int
  let inner: Int
  let isExclusive: Bool
  let isReversed: Bool

  func run<T: Element>(_ input: Tensor, _ result: Tensor, _ zero: T, _ add: (T, T) -> T) {
    let (from, to) = (input.elements(T.self), result.mutableElements(T.self))
    guard !from.isEmpty else { return }
    for line in 0..<from.count / extent {
      let (outer, column) = line.quotientAndRemainder(dividingBy: inner)
      var sum = zero
      for step in 0..<extent {
        let index = (outer * extent + (isReversed ? extent - 1 - step : step)) * inner + column
        if isExclusive { to[index] = sum }
        sum = add(sum, from[index])
        if !isExclusive { to[index] = sum }
      }
    }
  }
}
