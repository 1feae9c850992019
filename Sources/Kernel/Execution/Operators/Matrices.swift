import Bytes
import Graphs
import Tensors

extension Operator {
  /// Products of matrices, and their diagonals.
  static let matrices: [Operator] = [
    // a, b; transpose_a, transpose_b
    Operator("MatMul") { node in
      let (flipsA, flipsB) = (
        node.attributes.bool("transpose_a") ?? false, node.attributes.bool("transpose_b") ?? false
      )
      return { call in
        try call.expect(2)
        guard call.inputs.allSatisfy({ $0.shape.rank == 2 }) else { throw call.unsupported() }
        call.outputs = [try call.product(flipsA, flipsB)]
      }
    },
    batched("BatchMatMul"), batched("BatchMatMulV2"),
    // The diagonals of the two innermost axes.
    .plain("MatrixDiagPart") { call in
      try call.expect(1)
      let shape = call.inputs[0].shape
      guard shape.rank >= 2, call.inputs[0].dtype == .float32 else { throw call.unsupported() }
      let (rows, columns) = (shape.dimensions[shape.rank - 2], shape.dimensions[shape.rank - 1])
      let count = min(rows, columns)
      let result = try call.allocate(.float32, try call.shape(Array(shape.dimensions.dropLast(2)) + [count]))
      let (from, to) = (call.inputs[0].floats, result.mutableFloats)
      for index in to.indices {
        let (matrix, place) = index.quotientAndRemainder(dividingBy: count)
        to[index] = from[matrix * rows * columns + place * columns + place]
      }
      call.outputs = [result]
    },
  ]

  /// x, y; adj_x, adj_y
  private static func batched(_ name: String) -> Operator {
    Operator(name) { node in
      let (flipsA, flipsB) = (node.attributes.bool("adj_x") ?? false, node.attributes.bool("adj_y") ?? false)
      return { call in
        try call.expect(2)
        guard call.inputs.allSatisfy({ $0.shape.rank >= 2 }) else { throw call.unsupported() }
        call.outputs = [try call.product(flipsA, flipsB)]
      }
    }
  }
}

extension Call {
  /// The product of the two innermost axes of both inputs, the others broadcast.
  func product(_ flipsA: Bool, _ flipsB: Bool) throws -> Tensor {
    let (a, b) = (inputs[0], inputs[1])
    guard a.dtype == b.dtype else { throw unsupported() }
    let (aRank, bRank) = (a.shape.rank, b.shape.rank)
    let (aRows, aColumns) = (a.shape.dimensions[aRank - 2], a.shape.dimensions[aRank - 1])
    let (bRows, bColumns) = (b.shape.dimensions[bRank - 2], b.shape.dimensions[bRank - 1])
    let (rows, depth) = flipsA ? (aColumns, aRows) : (aRows, aColumns)
    let (inner, columns) = flipsB ? (bColumns, bRows) : (bRows, bColumns)
    let limit = Int(Int32.max)
    guard depth == inner, max(rows, depth, columns, max(aColumns, bColumns)) <= limit else {
      throw error("\(a)\(flipsA ? " transposed" : "") times \(b)\(flipsB ? " transposed" : "") is not defined")
    }
    guard let outerA = Shape(Array(a.shape.dimensions.dropLast(2))),
      let outerB = Shape(Array(b.shape.dimensions.dropLast(2))),
      let broadcast = Broadcast([outerA, outerB])
    else { throw unsupported() }
    let result = try allocate(a.dtype, try shape(broadcast.shape.dimensions + [rows, columns]))
    let matrices = broadcast.shape.elementCount
    guard result.elementCount > 0 else { return result }
    switch a.dtype {
    case .float32: break
    case .int32:
      guard matrices == 1 else { throw unsupported() }
      multiplyIntegers(a, b, result, (rows, columns, depth), flipsA, flipsB)
      return result
    default: throw unsupported()
    }
    let (left, right, out) = (a.floats, b.floats, result.mutableFloats)
    guard depth > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress,
      let target = out.baseAddress
    else {
      out.update(repeating: 0)
      return result
    }
    func operands(_ starts: (Int, Int)) -> (MatrixPiece.Operand, MatrixPiece.Operand) {
      (
        .init(values: leftBase + starts.0 * aRows * aColumns, stride: aColumns, isTransposed: flipsA),
        .init(values: rightBase + starts.1 * bRows * bColumns, stride: bColumns, isTransposed: flipsB)
      )
    }
    if matrices == 1 {
      let (first, second) = operands((0, 0))
      try MatrixProduct(threads: threads, pool: context.pool).multiply(
        first, second, into: target, rows: rows, columns: columns, depth: depth)
    } else {
      let steps = broadcast.steps
      let pool = context.pool
      broadcast.forEachRun(pieceCount: 1, threads) { start, starts, count in
        for index in 0..<count {
          let (first, second) = operands((starts.0 + index * steps.0, starts.1 + index * steps.1))
          MatrixPiece(
            a: first, b: second, out: target + (start + index) * rows * columns, stride: columns, rows: rows,
            columns: columns, depth: depth
          ).multiply(pool)
        }
      }
    }
    return result
  }

  private func multiplyIntegers(
    _ a: Tensor, _ b: Tensor, _ result: Tensor, _ extents: (rows: Int, columns: Int, depth: Int), _ flipsA: Bool,
    _ flipsB: Bool
  ) {
    let (left, right, out) = (a.elements(Int32.self), b.elements(Int32.self), result.mutableElements(Int32.self))
    for row in 0..<extents.rows {
      for column in 0..<extents.columns {
        var sum: Int32 = 0
        for term in 0..<extents.depth {
          let first = left[flipsA ? term * extents.rows + row : row * extents.depth + term]
          let second = right[flipsB ? column * extents.depth + term : term * extents.columns + column]
          sum &+= first &* second
        }
        out[row * extents.columns + column] = sum
      }
    }
  }
}
