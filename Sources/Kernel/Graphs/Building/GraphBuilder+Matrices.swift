import Tensors

extension GraphBuilder {
  /// The product of two matrices, either of them turned first.
  package func matMul(
    _ a: GraphTensor, _ b: GraphTensor, turnA: Bool = false, turnB: Bool = false, name: String? = nil
  ) throws -> GraphTensor {
    guard a.rank == 2, b.rank == 2, a.dtype == b.dtype else { throw misfit("MatMul", [a, b]) }
    let (rows, depth) = turnA ? (a.dimensions[1], a.dimensions[0]) : (a.dimensions[0], a.dimensions[1])
    let (terms, columns) = turnB ? (b.dimensions[1], b.dimensions[0]) : (b.dimensions[0], b.dimensions[1])
    guard depth == terms || depth < 0 || terms < 0 else { throw misfit("MatMul", [a, b]) }
    return try simple(
      "MatMul", [a, b], name: name, ["transpose_a": .bool(turnA), "transpose_b": .bool(turnB)], to: [rows, columns])
  }

  /// The products of the matrices in two stacks of equal extents.
  package func batchMatMul(
    _ a: GraphTensor, _ b: GraphTensor, turnA: Bool = false, turnB: Bool = false
  ) throws -> GraphTensor {
    let rank = a.rank
    guard rank == b.rank, rank >= 2, a.dtype == b.dtype else { throw misfit("BatchMatMul", [a, b]) }
    let stack = zip(a.dimensions, b.dimensions).dropLast(2)
    guard stack.allSatisfy({ $0 == $1 || $0 < 0 || $1 < 0 }) else { throw misfit("BatchMatMul", [a, b]) }
    let (rows, depth) = (a.dimensions[turnA ? rank - 1 : rank - 2], a.dimensions[turnA ? rank - 2 : rank - 1])
    let (terms, columns) = (b.dimensions[turnB ? rank - 1 : rank - 2], b.dimensions[turnB ? rank - 2 : rank - 1])
    guard depth == terms || depth < 0 || terms < 0 else { throw misfit("BatchMatMul", [a, b]) }
    return try simple(
      "BatchMatMul", [a, b], ["adj_x": .bool(turnA), "adj_y": .bool(turnB)],
      to: stack.map { max($0, $1) } + [rows, columns])
  }

  /// The diagonals of matrices.
  package func diagonal(_ x: GraphTensor) throws -> GraphTensor {
    guard x.rank >= 2 else { throw misfit("MatrixDiagPart", [x]) }
    let sides = x.dimensions.suffix(2)
    return try simple("MatrixDiagPart", [x], to: x.dimensions.dropLast(2) + [sides.min() ?? -1])
  }

  /// x plus one number a column.
  package func biasAdd(_ x: GraphTensor, _ bias: GraphTensor) throws -> GraphTensor {
    guard bias.rank == 1, x.rank >= 2, x.width < 0 || bias.width < 0 || x.width == bias.width else {
      throw misfit("BiasAdd", [x, bias])
    }
    return try simple("BiasAdd", [x, bias], ["data_format": .text("NHWC")], to: x.dimensions)
  }

  /// Probabilities along the last axis.
  package func softmax(_ x: GraphTensor) throws -> GraphTensor { try unary("Softmax", x) }
}
