import CKernel
import COpenBLAS

/// A product of float32 matrices on the calling thread: of few rows straight from memory, else on the CPU's matrix unit
/// where it has one and the extents pay off, by OpenBLAS otherwise.
///
/// Which of them it is depends on the CPU, the extents and whether all numbers are ordinary ones; all round about as
/// much, the matrix unit less.
struct MatrixPiece {
  /// A matrix: rows and columns as it is stored, and whether it is used the other way round.
  struct Operand {
    let values: UnsafePointer<Float>
    /// Elements from one stored row to the next.
    let stride: Int
    let isTransposed: Bool

    /// The part that begins at that row and column of the matrix as it is used.
    func at(row: Int, column: Int) -> Operand {
      let offset = isTransposed ? column * stride + row : row * stride + column
      return Operand(values: values + offset, stride: stride, isTransposed: isTransposed)
    }

    /// Its rows, as the lines that are multiplied.
    fileprivate var rows: ck_factor {
      ck_factor(values: values, line_step: isTransposed ? 1 : stride, term_step: isTransposed ? stride : 1)
    }

    /// Its columns.
    fileprivate var columns: ck_factor {
      ck_factor(values: values, line_step: isTransposed ? stride : 1, term_step: isTransposed ? 1 : stride)
    }
  }

  let a: Operand
  let b: Operand
  let out: UnsafeMutablePointer<Float>
  /// Elements from one row of the result to the next.
  let stride: Int
  /// At least 1 each, and the number of terms as well.
  let rows: Int
  let columns: Int
  let depth: Int

  /// - Parameters:
  ///   - pool: gives up to 0.6 MB to work in.
  ///   - ahead: asked for meanwhile where rows are few.
  func multiply(_ pool: BufferPool, ahead: ck_ahead = ck_ahead()) {
    if isThin, multiplyThin(pool, ahead: ahead) { return }
    if !paysOnTiles || !multiplyOnTiles(pool) { multiplyByBLAS() }
  }

  func multiplyByBLAS() {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(depth), 1, a.values, blasint(a.stride), b.values,
      blasint(b.stride), 0, out, blasint(stride))
  }

  /// Whether few rows were multiplied with b as it lies in memory: not without AVX-512 or memory.
  func multiplyThin(_ pool: BufferPool, ahead: ck_ahead = ck_ahead()) -> Bool {
    guard MatrixPiece.hasThinProducts, let room = try? pool.take(ck_thin_room(rows)) else { return false }
    defer { pool.give(room) }
    ck_multiply_thin(a.rows, b.columns, out, stride, rows, columns, depth, room.baseAddress, ahead)
    return true
  }

  static let hasThinProducts = ck_has_thin_products() != 0

  /// Whether packing b would take longer than multiplying with it: from some rows on it does not, later where b is
  /// turned.
  private var isThin: Bool {
    if b.isTransposed { return !a.isTransposed && rows <= 64 && columns >= 16 && depth >= 64 }
    return rows <= 32 && columns >= 48
  }

  /// Whether the matrix unit did it: it does not where there is none, where a number is not finite or at least 2^60,
  /// or without memory.
  func multiplyOnTiles(_ pool: BufferPool) -> Bool {
    guard MatrixPiece.hasTiles else { return false }
    guard let room = try? pool.take(ck_tiles_room(rows, columns, depth)) else { return false }
    defer { pool.give(room) }
    return ck_multiply_tiles(a.rows, b.columns, out, stride, rows, columns, depth, room.baseAddress) == 0
  }

  /// Whether the CPU has a matrix unit and the system lets us use it.
  static let hasTiles = ck_has_tiles() != 0

  /// Tiles of 32 by 32 by 32 that are hardly filled are no gain, nor is packing for few uses.
  private var paysOnTiles: Bool {
    let (padded, isHuge) = volume(MatrixPiece.padded(rows), MatrixPiece.padded(columns), MatrixPiece.padded(depth))
    if isHuge { return true }
    let (filled, _) = volume(rows, columns, depth)
    return filled >= 1 << 19 && filled >= padded / 4 * 3
  }

  private static func padded(_ extent: Int) -> Int { (extent + 31) & ~31 }

  private func volume(_ rows: Int, _ columns: Int, _ depth: Int) -> (Int, isHuge: Bool) {
    let (area, _) = rows.multipliedReportingOverflow(by: columns)
    let (volume, isHuge) = area.multipliedReportingOverflow(by: depth)
    return (volume, isHuge)
  }
}
