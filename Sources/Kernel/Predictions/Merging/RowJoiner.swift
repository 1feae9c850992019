import Bytes

/// Finds the rows that several files have of one video after another; one for each thread.
struct RowJoiner {
  /// For each file, where it is.
  let cursors: [RowCursor]
  /// For each file, the number of its row of the video sought last, or -1.
  private(set) var rows: [Int]
  /// How many files have no row of it.
  private(set) var lackCount = 0

  private let pages: PageRelease

  /// - Parameters:
  ///   - start: the number of the row that is likely to be asked for first.
  ///   - pages: of the same files.
  init(_ files: [PredictionFile], start: Int, _ pages: PageRelease) {
    cursors = files.enumerated().map { RowCursor($1, number: $0, start: start, pages) }
    rows = files.map { _ in -1 }
    self.pages = pages
  }

  /// Finds the video `id`, of which file `first` has row `row` and no earlier file has one.
  mutating func find(_ id: UnsafeRawBufferPointer, first: Int, row: Int) {
    lackCount = first
    rows[first] = row
    for index in 0..<first { rows[index] = -1 }
    for index in first + 1..<cursors.count {
      rows[index] = cursors[index].find(id) ?? -1
      if rows[index] < 0 { lackCount += 1 }
    }
  }

  /// Tells how far the files were read.
  func note(first: Int, rows: Range<Int>) {
    if first == 0 { pages.note(0, rows: rows) }
    for index in first + 1..<cursors.count { pages.note(index, rows: cursors[index].sequence) }
  }
}
