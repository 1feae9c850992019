import Bytes

/// Where each record of a plain record file is: what NVIDIA DALI's `tfrecord2idx` writes.
///
/// A line for each record: the offset of its frame, a space, the length of the frame with header and footer.
package struct RecordIndex: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package let offset: Int
    package let count: Int
  }

  package private(set) var entries: [Entry] = []

  /// Where the index of a record file is looked for.
  package static func path(of file: String) -> String { file + ".idx" }

  /// Follows the lengths of the records in `path`, whose checksums are checked; payloads are not read.
  ///
  /// Memory: 16 bytes for each record.
  ///
  /// - Throws: ``KernelError`` `.usage` for a compressed file, in which offsets lead nowhere.
  package init(scanning path: String) throws {
    let reader = try RecordReader(path)
    guard reader.compression == .none else {
      throw KernelError(
        .usage, path, "is compressed with \(reader.compression), so records cannot be found by their offsets",
        hint: "tfrecord-tool convert writes it uncompressed")
    }
    while let chunk = try reader.next() {
      for index in 0..<chunk.count {
        let start = chunk.bounds[index]
        entries.append(Entry(offset: chunk.offset + start, count: chunk.bounds[index + 1] - start))
      }
      chunk.bytes.releasePages(0..<chunk.bytes.count)
    }
  }

  /// Reads an index file.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line that is not two numbers.
  package init(reading path: String) throws {
    let view = try MappedFile(path).view
    try view.withUnsafeBytes { bytes in
      var lines = IndexLines(bytes)
      while let entry = try lines.next(path) { entries.append(entry) }
    }
  }

  /// The lines of the index file.
  package var text: [UInt8] {
    var text: [UInt8] = []
    for entry in entries {
      text.append(decimal: Int64(entry.offset))
      text.append(UInt8(ascii: " "))
      text.append(decimal: Int64(entry.count))
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// Makes sure that the records follow each other without a gap, and end where `file` does.
  ///
  /// - Throws: ``KernelError`` `.badData` for an index that was made of another file, or before it grew.
  package func checkLength(of file: MappedFile) throws {
    var end = 0
    for (number, entry) in entries.enumerated() {
      guard entry.offset == end else {
        throw KernelError(
          .badData, RecordIndex.path(of: file.path), at: .line(number + 1),
          "the record begins at byte \(entry.offset), but the one before ends at \(end)",
          hint: RecordIndex.staleHint)
      }
      // Numbers of at most 18 digits: their sum is far from the largest integer.
      end += entry.count
    }
    guard end == file.count else {
      throw KernelError(
        .badData, RecordIndex.path(of: file.path), "the records end at byte \(end) but the file has \(file.count)",
        hint: RecordIndex.staleHint)
    }
  }

  private static let staleHint = "make the index again with tfrecord-tool index --force"

  /// Record `number` of `file`, the plain record file of this index, checked.
  ///
  /// - Throws: ``KernelError`` `.badData` when there is no such record where the index says, or it is damaged.
  package func withRecord<R>(_ number: Int, of file: MappedFile, _ body: (Record) throws -> R) throws -> R {
    let entry = entries[number]
    return try file.view.withUnsafeBytes { bytes in
      let fits = entry.offset <= bytes.count && entry.count <= bytes.count - entry.offset
      guard fits, entry.count >= RecordFrame.overhead, let start = bytes.baseAddress,
        RecordFrame.payloadLength(header: start + entry.offset) == entry.count - RecordFrame.overhead
      else {
        throw KernelError(
          .badData, file.path, at: .byte(entry.offset),
          "there is no record of \(entry.count) bytes, as the index says",
          hint: RecordIndex.staleHint)
      }
      let frame = UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<(entry.offset + entry.count)])
      let record = Record(frame: frame, number: number, offset: entry.offset)
      try record.check(in: file.path)
      return try body(record)
    }
  }
}

/// A cursor over the lines of an index file.
private struct IndexLines {
  private let bytes: UnsafeRawBufferPointer
  private var cursor = 0
  private var line = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func next(_ path: String) throws -> RecordIndex.Entry? {
    guard cursor < bytes.count else { return nil }
    line += 1
    guard let offset = number(), skip(UInt8(ascii: " ")), let count = number() else { throw fault(path) }
    _ = skip(UInt8(ascii: "\r"))
    guard cursor == bytes.count || skip(UInt8(ascii: "\n")) else { throw fault(path) }
    return RecordIndex.Entry(offset: offset, count: count)
  }

  private func fault(_ path: String) -> KernelError {
    KernelError(.badData, path, at: .line(line), "an offset and a size are expected")
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard cursor < bytes.count, bytes[cursor] == byte else { return false }
    cursor += 1
    return true
  }

  /// A number of at most 18 digits.
  private mutating func number() -> Int? {
    let start = cursor
    var value = 0
    while cursor < bytes.count, bytes[cursor] &- UInt8(ascii: "0") < 10, cursor - start < 18 {
      value = value * 10 + Int(bytes[cursor] - UInt8(ascii: "0"))
      cursor += 1
    }
    return cursor > start ? value : nil
  }
}
