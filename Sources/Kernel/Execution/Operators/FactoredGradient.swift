import CKernel
import Tensors

/// The gradient aᵀ b of weights `[m, n]` that is not formed, since a `[rows, m]` and b `[rows, n]` have few rows: parts
/// of it are formed where they are used, in the cache.
struct FactoredGradient {
  let left: Tensor
  let right: Tensor
  let rowCount: Int
  /// m and n.
  let height: Int
  let width: Int

  /// - Returns: `nil` unless the matrices fit each other and not forming their product pays.
  init?(_ left: Tensor, _ right: Tensor) {
    guard left.dtype == .float32, right.dtype == .float32, left.shape.rank == 2, right.shape.rank == 2,
      left.shape.dimensions[0] == right.shape.dimensions[0]
    else { return nil }
    self.left = left
    self.right = right
    rowCount = left.shape.dimensions[0]
    height = left.shape.dimensions[1]
    width = right.shape.dimensions[1]
    // Each element costs a multiplication for each row, twice, where reading and writing it costs that of some dozens.
    guard (1...64).contains(rowCount), height >= 256, width >= 256, width <= 1 << 16, height <= Int(Int32.max)
    else { return nil }
  }

  /// How many rows of the product are formed together: what fits the cache of a core beside the weights.
  var grain: Int { max(8, min(32, (1 << 15) / width)) }

  /// Forms some rows of the product.
  ///
  /// - Parameter out: has room for them.
  func form(_ rows: Range<Int>, into out: UnsafeMutablePointer<Float>, _ pool: BufferPool) {
    guard let left = left.floats.baseAddress, let right = right.floats.baseAddress else { return }
    MatrixPiece(
      a: .init(values: left + rows.lowerBound, stride: height, isTransposed: true),
      b: .init(values: right, stride: width, isTransposed: false), out: out, stride: width, rows: rows.count,
      columns: width, depth: rowCount
    ).multiply(pool)
  }

  /// The sum of the product's squares: that of the products of a aᵀ and b bᵀ, element by element. In float64, since
  /// what is alike in all rows may cancel out.
  func squaredNorm(_ threads: ThreadTeam) -> Double {
    let (first, second) = (gram(left, threads), gram(right, threads))
    var total = 0.0
    for row in 0..<rowCount {
      for column in 0...row {
        let product = first[row * rowCount + column] * second[row * rowCount + column]
        total += column < row ? 2 * product : product
      }
    }
    return max(0, total)
  }

  /// x xᵀ, below the diagonal.
  private func gram(_ x: Tensor, _ threads: ThreadTeam) -> [Double] {
    let (count, length) = (x.shape.dimensions[1], 1 << 13)
    let pieces = (count - 1) / length + 1
    let size = rowCount * rowCount
    var parts = Array(repeating: 0.0, count: pieces * size)
    guard let values = x.floats.baseAddress else { return parts }
    parts.withUnsafeMutableBufferPointer { parts in
      guard let parts = parts.baseAddress else { return }
      threads.run(pieces) { piece in
        let start = piece * length
        ck_add_gram(parts + piece * size, values + start, count, rowCount, min(length, count - start))
      }
    }
    for piece in 1..<max(1, pieces) {
      for index in 0..<size { parts[index] += parts[piece * size + index] }
    }
    return parts
  }
}
