import COpenBLAS

/// Products of float32 matrices by OpenBLAS, one thread for each piece.
///
/// OpenBLAS would share one product among its own threads, in parts that depend on how many there are. Here the parts
/// depend on the extents alone.
enum MatrixProduct {
  /// Keeps OpenBLAS to the thread that calls it.
  static func useOneThread() { openblas_set_num_threads(1) }

  /// A matrix: rows and columns as it is stored, and whether it is used the other way round.
  struct Operand {
    let values: UnsafePointer<Float>
    /// Elements from one stored row to the next.
    let stride: Int
    let isTransposed: Bool

    fileprivate func rows(from row: Int) -> UnsafePointer<Float> { values + (isTransposed ? row : row * stride) }
    fileprivate func columns(from column: Int) -> UnsafePointer<Float> {
      values + (isTransposed ? column * stride : column)
    }
  }

  /// out = a b, `rows` by `columns`, with `depth` terms each.
  static func multiply(
    _ a: Operand, _ b: Operand, into out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, depth: Int,
    _ threads: ThreadTeam
  ) {
    guard rows > 0, columns > 0 else { return }
    guard depth > 0 else {
      out.update(repeating: 0, count: rows * columns)
      return
    }
    // Few rows: each piece packs its own columns of b. Many: each packs all of b, so they must not be too small.
    let work = rows.multipliedReportingOverflow(by: columns).partialValue.multipliedReportingOverflow(by: depth)
    let isSmall = !work.overflow && work.partialValue < 1 << 18
    if isSmall {
      piece(a, b, out, 0..<rows, 0..<columns, columns, depth)
    } else if columns >= rows {
      let width = max(32, min(512, (columns / 8 + 31) & ~31))
      threads.split(columns, grain: width) { piece(a, b, out, 0..<rows, $0, columns, depth) }
    } else {
      let height = max(32, min(1024, (rows / 8 + 31) & ~31))
      threads.split(rows, grain: height) { piece(a, b, out, $0, 0..<columns, columns, depth) }
    }
  }

  /// One product on the calling thread.
  static func multiplyAlone(
    _ a: Operand, _ b: Operand, into out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, depth: Int
  ) {
    guard rows > 0, columns > 0 else { return }
    guard depth > 0 else {
      out.update(repeating: 0, count: rows * columns)
      return
    }
    piece(a, b, out, 0..<rows, 0..<columns, columns, depth)
  }

  private static func piece(
    _ a: Operand, _ b: Operand, _ out: UnsafeMutablePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>,
    _ stride: Int, _ depth: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows.count), blasint(columns.count), blasint(depth), 1, a.rows(from: rows.lowerBound),
      blasint(a.stride), b.columns(from: columns.lowerBound), blasint(b.stride), 0,
      out + rows.lowerBound * stride + columns.lowerBound, blasint(stride))
  }
}
