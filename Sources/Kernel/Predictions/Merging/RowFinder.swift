import Bytes

/// Finds the rows of videos one after another, expecting the order of the file.
///
/// A row out of order touches pages anywhere; after ``jumpLimit`` of them all pages of the file are given back, so
/// that files in different orders take bounded memory too.
struct RowFinder {
  private let file: PredictionFile
  private var guess: Int
  private var jumps = 0
  /// The rows found where they were expected, from the first to the last.
  private(set) var sequence = 0..<0

  /// A fault may map the 2 MiB around it, or as much less as the page cache holds in one piece.
  static let jumpLimit = 32

  /// - Parameter start: the number of the row that is likely to be asked for first.
  init(_ file: PredictionFile, start: Int) {
    self.file = file
    guess = start
  }

  mutating func find(_ id: UnsafeRawBufferPointer) -> Int? {
    guard let row = file.number(of: id, guess: guess) else { return nil }
    if row >= sequence.upperBound, row <= sequence.upperBound + 64 || sequence.isEmpty {
      sequence = (sequence.isEmpty ? row : sequence.lowerBound)..<row + 1
    } else {
      jumps += 1
      if jumps == RowFinder.jumpLimit {
        jumps = 0
        file.releaseRows(0..<file.count)
      }
    }
    guess = row + 1
    return row
  }
}

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
