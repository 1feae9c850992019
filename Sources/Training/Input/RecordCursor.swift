import Bytes
import Records

/// A record that waits to be drawn; of a plain file its bytes stay where they are mapped.
struct WaitingRecord: Sendable {
  let frame: ByteView
  let offset: Int
  let path: String
  let entry: InputPlace.Entry

  /// Calls `body` with the record.
  func withRecord<R>(_ body: (Record) throws -> R) rethrows -> R {
    try frame.withUnsafeBytes { try body(Record(frame: $0, number: entry.record, offset: offset)) }
  }

  /// Gives the memory of a large record back, if the system can read it again from its file.
  func releasePages() {
    if frame.count >= 64 << 10 { frame.releasePages(0..<frame.count) }
  }
}

/// Reads one file record by record.
///
/// Memory: of compressed files a chunk, and each record that is still held.
final class RecordCursor {
  /// The number of the file in the list.
  let file: Int
  /// How many records have been read.
  private(set) var recordCount = 0
  private let reader: RecordReader
  private let isMapped: Bool
  private let byteCount: Int
  private var chunk: RecordChunk?
  private var position = 0

  init(_ path: String, file: Int) throws {
    self.file = file
    reader = try RecordReader(path)
    let status = FileStatus(path)
    isMapped = reader.compression == .none && status?.isRegular == true
    byteCount = status?.size ?? 0
  }

  /// How much of the file has been read, from 0 to 1; of compressed files it is taken for a half.
  var progress: Double {
    guard isMapped, byteCount > 0 else { return 0.5 }
    return Double(chunk.map { $0.offset + $0.bounds[position] } ?? reader.offset) / Double(byteCount)
  }

  var place: InputPlace.Entry { InputPlace.Entry(file: file, record: recordCount) }

  /// The next record, or `nil` after the last.
  ///
  /// - Throws: ``KernelError`` `.badData` where the framing is broken.
  func next() throws -> WaitingRecord? {
    while chunk.map({ position == $0.count }) ?? true {
      chunk = try reader.next()
      position = 0
      if chunk == nil { return nil }
    }
    guard let chunk else { return nil }
    defer {
      position += 1
      recordCount += 1
    }
    let range = chunk.bounds[position]..<chunk.bounds[position + 1]
    // A record of a stream would keep its whole chunk in memory.
    let frame = isMapped ? chunk.bytes.subview(range) : ByteView(chunk.bytes.subview(range).array)
    return WaitingRecord(
      frame: frame, offset: chunk.offset + range.lowerBound, path: reader.path,
      entry: InputPlace.Entry(file: file, record: recordCount))
  }

  /// Passes over records until `count` have been read.
  ///
  /// - Throws: ``KernelError`` `.badData` when there are not so many.
  func skip(to count: Int) throws {
    while recordCount < count {
      if chunk.map({ position == $0.count }) ?? true {
        chunk = try reader.next()
        position = 0
      }
      guard let chunk else {
        throw KernelError(.badData, reader.path, "has \(recordCount) records, fewer than have been read of it")
      }
      let step = min(count - recordCount, chunk.count - position)
      position += step
      recordCount += step
    }
  }
}
