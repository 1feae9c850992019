import CKernel
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

    /// Where the part that begins at that row and column of the matrix as it is used begins.
    fileprivate func at(row: Int, column: Int) -> UnsafePointer<Float> {
      values + (isTransposed ? column * stride + row : row * stride + column)
    }
  }

  /// out = a b, `rows` by `columns`, with `depth` terms each.
  ///
  /// - Parameter scratch: gives room for that many numbers, which are not needed afterwards.
  static func multiply(
    _ a: Operand, _ b: Operand, into out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, depth: Int,
    _ threads: ThreadTeam, scratch: (Int) throws -> UnsafeMutablePointer<Float>
  ) rethrows {
    guard rows > 0, columns > 0 else { return }
    guard depth > 0 else {
      out.update(repeating: 0, count: rows * columns)
      return
    }
    let work = rows.multipliedReportingOverflow(by: columns).partialValue.multipliedReportingOverflow(by: depth)
    if !work.overflow, work.partialValue < 1 << 18 {
      piece(a, b, out, 0..<rows, 0..<columns, columns, 0..<depth)
    } else if depth >= 8 * max(rows, columns) {
      // A few long sums: each piece takes some terms of all of them, so that it reads whole rows of b.
      let length = 8192
      let pieces = (depth - 1) / length + 1
      let size = rows * columns
      let parts = try scratch(pieces * size)
      threads.run(pieces) { index in
        let terms = index * length..<min(depth, (index + 1) * length)
        piece(a, b, parts + index * size, 0..<rows, 0..<columns, columns, terms)
      }
      threads.split(size, grain: 1 << 13) { range in
        (out + range.lowerBound).update(from: parts + range.lowerBound, count: range.count)
        for index in 1..<max(1, pieces) {
          let part = parts + index * size + range.lowerBound
          ck_add(out + range.lowerBound, out + range.lowerBound, 1, part, 1, range.count)
        }
      }
    } else if columns >= rows {
      // Few rows: each piece packs its own columns of b. Many: each packs all of b, so they must not be too small.
      let width = max(32, min(512, (columns / 8 + 31) & ~31))
      threads.split(columns, grain: width) { piece(a, b, out, 0..<rows, $0, columns, 0..<depth) }
    } else {
      let height = max(32, min(1024, (rows / 8 + 31) & ~31))
      threads.split(rows, grain: height) { piece(a, b, out, $0, 0..<columns, columns, 0..<depth) }
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
    piece(a, b, out, 0..<rows, 0..<columns, columns, 0..<depth)
  }

  private static func piece(
    _ a: Operand, _ b: Operand, _ out: UnsafeMutablePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>,
    _ stride: Int, _ terms: Range<Int>
  ) {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows.count), blasint(columns.count), blasint(terms.count), 1,
      a.at(row: rows.lowerBound, column: terms.lowerBound),
      blasint(a.stride), b.at(row: terms.lowerBound, column: columns.lowerBound), blasint(b.stride), 0,
      out + rows.lowerBound * stride + columns.lowerBound, blasint(stride))
  }
}
