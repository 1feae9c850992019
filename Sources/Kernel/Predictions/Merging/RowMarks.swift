/// Which rows of a file have been used.
///
/// Memory: a byte a row. Threads mark different rows: an id stands in one row of the file that leads, and in one of this.
final class RowMarks: @unchecked Sendable {
  // Sendable holds because no two threads touch the same byte, and nobody reads before all have been joined.
  private let bytes: UnsafeMutableBufferPointer<Bool>

  init(count: Int) {
    bytes = .allocate(capacity: count)
    bytes.initialize(repeating: false)
  }

  deinit { bytes.deallocate() }

  func mark(_ row: Int) { bytes[row] = true }

  /// The numbers of the rows not marked, ascending.
  func unmarked() -> [Int32] {
    bytes.indices.compactMap { bytes[$0] ? nil : Int32(truncatingIfNeeded: $0) }
  }
}
