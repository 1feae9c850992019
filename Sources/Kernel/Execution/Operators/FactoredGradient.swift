import CKernel
import Tensors

/// The gradient aᵀ b of weights `[m, n]`, or that and a part of the weights themselves, as their penalty's gradient is.
///
/// It is not formed as a whole, since a `[rows, m]` and b `[rows, n]` have few rows: parts of it are formed where they
/// are used, in the cache.
struct FactoredGradient {
  let left: Tensor
  let right: Tensor
  let rowCount: Int
  /// m and n.
  let height: Int
  let width: Int
  /// How much of the weights is added.
  let decay: Float

  /// - Returns: `nil` unless the matrices fit each other and not forming their product pays.
  init?(_ left: Tensor, _ right: Tensor, decay: Float = 0) {
    guard left.dtype == .float32, right.dtype == .float32, left.shape.rank == 2, right.shape.rank == 2,
      left.shape.dimensions[0] == right.shape.dimensions[0]
    else { return nil }
    self.left = left
    self.right = right
    rowCount = left.shape.dimensions[0]
    height = left.shape.dimensions[1]
    width = right.shape.dimensions[1]
    self.decay = decay
    // Each element costs a multiplication for each row, twice, where reading and writing it costs that of some dozens.
    guard (1...64).contains(rowCount), height >= 256, width >= 256, width <= 1 << 16, height <= Int(Int32.max)
    else { return nil }
  }

  /// How many rows of the product are formed together: what fits the cache of a core beside the weights.
  var grain: Int { max(8, min(32, (1 << 15) / width)) }

  /// Forms some rows.
  ///
  /// - Parameters:
  ///   - weights: all of them.
  ///   - out: has room for the rows.
  ///   - ahead: asked for meanwhile.
  func form(
    _ rows: Range<Int>, _ weights: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>, _ pool: BufferPool,
    ahead: ck_ahead = ck_ahead()
  ) {
    guard let left = left.floats.baseAddress, let right = right.floats.baseAddress else { return }
    MatrixPiece(
      a: .init(values: left + rows.lowerBound, stride: height, isTransposed: true),
      b: .init(values: right, stride: width, isTransposed: false), out: out, stride: width, rows: rows.count,
      columns: width, depth: rowCount
    ).multiply(pool, ahead: ahead)
    if decay != 0, let weights { ck_add_scaled(out, weights + rows.lowerBound * width, decay, rows.count * width) }
  }

  /// The sum of its squares.
  ///
  /// - Parameter weights: `[m, n]`, float32; not needed without decay.
  func squaredNorm(_ weights: Tensor?, _ threads: ThreadTeam, _ pool: BufferPool) -> Double {
    guard decay != 0, let weights = weights?.floats.baseAddress else { return squaredNormOfProduct(threads) }
    var sums = Array(repeating: Float(0), count: (height - 1) / grain + 1)
    sums.withUnsafeMutableBufferPointer { sums in
      threads.split(height, grain: grain) { rows in
        let count = rows.count * width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { room in
          guard let room = room.baseAddress else { return }
          form(rows, weights, into: room, pool)
          sums[rows.lowerBound / grain] = ck_sum_squares(room, count)
        }
      }
    }
    return sums.reduce(0.0) { $0 + Double($1) }
  }

  /// Of the products of a aᵀ and b bᵀ, element by element, the sum. In float64, since what is alike in all rows may
  /// cancel out.
  private func squaredNormOfProduct(_ threads: ThreadTeam) -> Double {
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
