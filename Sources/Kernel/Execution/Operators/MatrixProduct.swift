import CKernel
import COpenBLAS

/// Products of float32 matrices in pieces of one thread each, which depend on the extents alone.
///
/// OpenBLAS would share one product among its own threads, in parts that depend on how many there are.
struct MatrixProduct {
  let threads: ThreadTeam
  let pool: BufferPool

  /// Keeps OpenBLAS to the thread that calls it.
  static func useOneThread() { openblas_set_num_threads(1) }

  /// out = a b, `rows` by `columns`, with `depth` terms each.
  ///
  /// - Throws: ``KernelError`` when there is no memory for partial sums.
  func multiply(
    _ a: MatrixPiece.Operand, _ b: MatrixPiece.Operand, into out: UnsafeMutablePointer<Float>, rows: Int,
    columns: Int, depth: Int
  ) throws {
    guard rows > 0, columns > 0 else { return }
    guard depth > 0 else {
      out.update(repeating: 0, count: rows * columns)
      return
    }
    let whole = MatrixPiece(a: a, b: b, out: out, stride: columns, rows: rows, columns: columns, depth: depth)
    let work = rows.multipliedReportingOverflow(by: columns).partialValue.multipliedReportingOverflow(by: depth)
    if !work.overflow, work.partialValue < 1 << 18 {
      whole.multiply(pool)
    } else if depth >= 8 * max(rows, columns) {
      // A few long sums: each piece takes some terms of all of them, so that it reads whole rows of b.
      try multiplyByTerms(whole)
    } else if columns >= rows {
      // Few rows: each piece packs its own columns of b. Many: each packs all of b, so they must not be too small.
      let width = max(32, min(512, (columns / 8 + 31) & ~31))
      threads.split(columns, grain: width) { range in
        MatrixPiece(
          a: a, b: b.at(row: 0, column: range.lowerBound), out: out + range.lowerBound, stride: columns, rows: rows,
          columns: range.count, depth: depth
        ).multiply(pool)
      }
    } else {
      let height = max(32, min(1024, (rows / 8 + 31) & ~31))
      threads.split(rows, grain: height) { range in
        MatrixPiece(
          a: a.at(row: range.lowerBound, column: 0), b: b, out: out + range.lowerBound * columns, stride: columns,
          rows: range.count, columns: columns, depth: depth
        ).multiply(pool)
      }
    }
  }

  private func multiplyByTerms(_ whole: MatrixPiece) throws {
    let length = 8192
    let pieces = (whole.depth - 1) / length + 1
    // Rows a power of two apart would all compete for the same few lines of the cache.
    let stride = whole.columns + 16
    let size = whole.rows * stride
    let room = try pool.take(pieces * size * MemoryLayout<Float>.stride)
    defer { pool.give(room) }
    guard let parts = room.assumingMemoryBound(to: Float.self).baseAddress else { return }
    threads.run(pieces) { index in
      let terms = index * length..<min(whole.depth, (index + 1) * length)
      MatrixPiece(
        a: whole.a.at(row: 0, column: terms.lowerBound), b: whole.b.at(row: terms.lowerBound, column: 0),
        out: parts + index * size, stride: stride, rows: whole.rows, columns: whole.columns, depth: terms.count
      ).multiply(pool)
    }
    threads.split(whole.rows, grain: max(1, (1 << 13) / whole.columns)) { rows in
      for row in rows {
        let sum = whole.out + row * whole.columns
        sum.update(from: parts + row * stride, count: whole.columns)
        for index in 1..<max(1, pieces) {
          ck_add(sum, sum, 1, parts + index * size + row * stride, 1, whole.columns)
        }
      }
    }
  }
}
