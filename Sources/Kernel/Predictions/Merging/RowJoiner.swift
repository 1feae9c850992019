import Bytes

/// Finds the rows that several files have of one video after another; one for each thread.
struct RowJoiner {
  private let files: [PredictionFile]
  private var finders: [RowFinder]
  /// For each file, the number of its row of the video sought last, or -1.
  private(set) var rows: [Int]
  /// How many files have no row of it.
  private(set) var lackCount = 0

  /// - Parameter start: the number of the row that is likely to be asked for first.
  init(_ files: [PredictionFile], start: Int) {
    self.files = files
    finders = files.map { RowFinder($0, start: start) }
    rows = files.map { _ in -1 }
  }

  /// Finds the video `id`, of which file `first` has row `row` and no earlier file has one.
  mutating func find(_ id: UnsafeRawBufferPointer, first: Int, row: Int) {
    lackCount = first
    rows[first] = row
    for index in 0..<first { rows[index] = -1 }
    for index in files.indices.dropFirst(first + 1) {
      rows[index] = finders[index].find(id) ?? -1
      if rows[index] < 0 { lackCount += 1 }
    }
  }

  /// Tells `pages` how far the files were read.
  func note(_ pages: PageRelease, first: Int, rows: Range<Int>) {
    if first == 0 { pages.note(0, rows: rows) }
    for index in files.indices.dropFirst(first + 1) { pages.note(index, rows: finders[index].sequence) }
  }
}
