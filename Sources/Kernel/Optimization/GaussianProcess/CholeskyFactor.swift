import COpenBLAS
import Glibc

/// The factor U of a symmetric positive definite matrix K = UᵀU, to which rows can be added one at a time.
///
/// Upper triangle, column by column (as LAPACK has it), so that a new row of K is a new column in one piece. Products
/// run on the caller's thread: OpenBLAS's own threads would make results depend on their number.
///
/// Memory: 8 bytes × capacity², the capacity doubling as the matrix grows (8 MB at 1000 rows, 32 MB at most).
struct CholeskyFactor {
  private(set) var count = 0
  private var capacity = 0
  private var columns: [Double] = []

  init() {}

  /// Factors the matrix of which `fill` writes column `j`, rows 0 through `j`.
  ///
  /// - Returns: `nil` when the matrix is not positive definite in double precision.
  init?(count: Int, filling fill: (_ column: Int, UnsafeMutablePointer<Double>) -> Void) {
    self.count = count
    capacity = max(32, count + count / 4)
    columns = [Double](repeating: 0, count: capacity * capacity)
    SingleThread.ensure()
    var status: Int32 = 0
    columns.withUnsafeMutableBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      for column in 0..<count { fill(column, base + column * capacity) }
      var (size, stride) = (Int32(count), Int32(capacity))
      dpotrf_("U", &size, base, &stride, &status)
    }
    guard status == 0 else { return nil }
  }

  /// Adds a row and column to K: `column` holds K's new column without its last element, `diagonal` that.
  ///
  /// - Returns: whether K is still positive definite; if not, nothing changes.
  mutating func append(_ column: [Double], diagonal: Double) -> Bool {
    precondition(column.count == count, "a column of another matrix")
    if count == capacity { grow() }
    let start = count * capacity
    for row in 0..<count { columns[start + row] = column[row] }
    solveTransposed(at: start)
    var rest = diagonal
    for row in 0..<count { rest -= columns[start + row] * columns[start + row] }
    guard rest > 0, rest.isFinite else { return false }
    columns[start + count] = rest.squareRoot()
    count += 1
    return true
  }

  /// Drops the rows and columns from `count` on.
  mutating func truncate(to count: Int) { self.count = min(count, self.count) }

  private mutating func grow() {
    let larger = max(32, 2 * capacity)
    var moved = [Double](repeating: 0, count: larger * larger)
    for column in 0..<count {
      for row in 0...column { moved[column * larger + row] = columns[column * capacity + row] }
    }
    columns = moved
    capacity = larger
  }

  /// Replaces the `count` elements at `start` of the storage itself, b, by the solution x of Uᵀx = b.
  private mutating func solveTransposed(at start: Int) {
    guard count > 0 else { return }
    SingleThread.ensure()
    columns.withUnsafeMutableBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      cblas_dtrsv(
        CblasColMajor, CblasUpper, CblasTrans, CblasNonUnit, Int32(count), base, Int32(capacity), base + start, 1)
    }
  }

  /// The solution of K x = `values`.
  func solve(_ values: [Double]) -> [Double] {
    precondition(values.count == count, "a vector of another length")
    guard count > 0 else { return [] }
    SingleThread.ensure()
    var solution = values
    columns.withUnsafeBufferPointer { columns in
      for transpose in [CblasTrans, CblasNoTrans] {
        cblas_dtrsv(
          CblasColMajor, CblasUpper, transpose, CblasNonUnit, Int32(count), columns.baseAddress, Int32(capacity),
          &solution, 1)
      }
    }
    return solution
  }

  /// Replaces each of `width` vectors b, which lie one behind the other, by the solution x of Uᵀx = b.
  func solveTransposed(_ vectors: UnsafeMutablePointer<Double>, width: Int) {
    guard count > 0, width > 0 else { return }
    SingleThread.ensure()
    columns.withUnsafeBufferPointer { columns in
      cblas_dtrsm(
        CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, Int32(count), Int32(width), 1,
        columns.baseAddress, Int32(capacity), vectors, Int32(count))
    }
  }

  /// The logarithm of K's determinant.
  var logDeterminant: Double {
    var sum = 0.0
    for index in 0..<count { sum += log(columns[index * capacity + index]) }
    return 2 * sum
  }

  /// The inverse of K, of which column `j` holds rows 0 through `j`, columns `stride` apart; destroys the factor.
  consuming func inverse() -> (columns: [Double], stride: Int) {
    SingleThread.ensure()
    var (size, stride, status) = (Int32(count), Int32(capacity), Int32(0))
    dpotri_("U", &size, &columns, &stride, &status)
    return (columns, capacity)
  }
}
