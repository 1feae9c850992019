import Bytes

/// Finds and reads rows of a file one after another, expecting the order of the file; one for each thread.
///
/// It is an object so that threads do not count references to the file at the same place for each row.
final class RowCursor {
  let file: PredictionFile
  /// Valid as long as ``file`` is there.
  private let bytes: UnsafeRawBufferPointer
  private let index: RowIndex
  private let number: Int
  private let pages: PageRelease
  private var guess: Int
  /// The rows found where they were expected, from the first to the last.
  private(set) var sequence = 0..<0

  /// - Parameters:
  ///   - number: which of the files of `pages` it is.
  ///   - start: the number of the row that is likely to be asked for first.
  init(_ file: PredictionFile, number: Int, start: Int, _ pages: PageRelease) {
    self.file = file
    self.number = number
    self.pages = pages
    bytes = file.bytes.withUnsafeBytes { $0 }
    index = file.index
    guess = start
  }

  /// The number of the row of a video.
  func find(_ id: UnsafeRawBufferPointer) -> Int? {
    let row: Int
    if guess < index.count, bytes.hasID(id, at: index.start(of: guess)) {
      row = guess
    } else if let found = index.number(of: id, in: bytes) {
      row = found
    } else {
      return nil
    }
    if row >= sequence.upperBound, row <= sequence.upperBound + 64 || sequence.isEmpty {
      sequence = (sequence.isEmpty ? row : sequence.lowerBound)..<row + 1
    } else {
      pages.noteScattered(number, at: index.start(of: row))
    }
    guess = row + 1
    return row
  }

  /// A row, valid as long as this is.
  func row(_ number: Int) -> PredictionRow { PredictionRow(bytes, at: index.start(of: number)) }

  /// Parses a row's label-score pairs into `pairs`.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line.
  func read(_ number: Int, into pairs: inout PredictionPairs) throws {
    do { try pairs.read(row(number).cell) } catch {
      // The file itself knows how to tell it.
      try file.read(number, into: &pairs)
    }
  }
}
