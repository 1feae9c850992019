import Bytes

/// Rows of a ``PredictionFile`` on their way into its index, a few at a time so that the memory they need comes
/// together.
struct RowQueue {
  private let bytes: UnsafeRawBufferPointer
  private let isMade: Bool
  private var rows: [(key: RowIndex.Key, start: Int, number: Int)] = []
  /// The number of the line that is at fault, after one was thrown.
  private(set) var faultNumber: Int?

  private static let size = 16

  /// - Parameter isMade: whether line numbers mean nothing to anybody.
  init(_ bytes: UnsafeRawBufferPointer, made isMade: Bool) {
    self.bytes = bytes
    self.isMade = isMade
    rows.reserveCapacity(RowQueue.size)
  }

  /// Adds the row in `line`, the number of which is `number`, now or later.
  ///
  /// - Throws: ``ByteReader/Fault`` when this row or an earlier one has no id of its own.
  mutating func append(_ line: Range<Int>, number: Int, to index: inout RowIndex) throws(ByteReader.Fault) {
    let id: UnsafeRawBufferPointer
    do { id = try PredictionFile.id(of: UnsafeRawBufferPointer(rebasing: bytes[line])) } catch {
      // What is wrong with an earlier row comes first.
      try finish(&index)
      faultNumber = number
      throw error
    }
    rows.append((index.key(id), line.lowerBound, number))
    if rows.count == RowQueue.size { try finish(&index) }
  }

  /// Adds the rows that wait.
  ///
  /// - Throws: ``ByteReader/Fault`` for an id that is there twice.
  mutating func finish(_ index: inout RowIndex) throws(ByteReader.Fault) {
    for row in rows {
      faultNumber = row.number
      guard let earlier = try index.insert(row.key, at: row.start, in: bytes) else { continue }
      let text = String(decoding: row.key.id, as: UTF8.self).printable
      let first = bytes.lineNumber(at: index.start(of: earlier))
      throw .init(
        offset: 0, problem: isMade ? "video \(text) is there twice" : "video \(text) is in line \(first) already")
    }
    faultNumber = nil
    rows.removeAll(keepingCapacity: true)
  }
}
