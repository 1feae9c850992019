import Bytes

/// How the record stream of a file is compressed.
package enum RecordCompression: String, Sendable, CaseIterable {
  case none, gzip, zlib

  /// The container that has to be opened; `nil` when there is none.
  var container: GzipReader.Format? {
    switch self {
    case .none: nil
    case .gzip: .gzip
    case .zlib: .zlib
    }
  }

  /// Judges by the first bytes of a file: a header whose length has the right checksum is plain whatever it looks
  /// like, since its first bytes could be those of gzip or zlib too (specs: formats §2.1).
  package init(firstBytes bytes: UnsafeRawBufferPointer) {
    if bytes.count >= RecordFrame.headerLength, let start = bytes.baseAddress,
      RecordFrame.payloadLength(header: start) != nil
    {
      self = .none
    } else if GzipReader.recognizes(bytes) {
      self = .gzip
    } else if bytes.count >= 2, bytes[0] == 0x78, (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0 {
      self = .zlib
    } else {
      self = .none
    }
  }
}

/// Reads the records of one file in order, a chunk at a time.
///
/// A plain file is mapped and its records stay where they lie; compressed files and standard input pass through a
/// buffer. The checksum of every length is checked here, those of payloads by whoever uses them
/// (``Record/check(in:)``), on all cores. Memory: a chunk, or one record if that is larger.
package final class RecordReader {
  package let path: String
  package let compression: RecordCompression
  /// Bytes of records read so far, uncompressed.
  package private(set) var offset = 0
  package private(set) var recordCount = 0
  /// Bytes of a chunk, unless a single record has more.
  private let chunkSize: Int

  private enum Input {
    case mapped(ByteView)
    case stream(any ByteSource)
  }

  private let input: Input
  /// What a stream gave beyond the last whole record.
  private var carried: [UInt8] = []
  private var streamIsAtEnd = false

  /// Opens `path`; `-` is standard input.
  ///
  /// - Parameter name: what messages call the file, when not by its path.
  /// - Throws: ``KernelError`` `.noInput` when it is missing, a directory or unreadable.
  package init(_ path: String, name: String? = nil, chunkSize: Int = 8 << 20) throws {
    self.path = name ?? (path == FileArguments.standardInput ? "standard input" : path)
    self.chunkSize = chunkSize
    if path != FileArguments.standardInput, FileStatus(path)?.isRegular != false {
      let view = try MappedFile(path).view
      compression = view.withUnsafeBytes { RecordCompression(firstBytes: $0) }
      input = try compression == .none ? .mapped(view) : .stream(Self.inflated(FileReader(path), compression))
    } else {
      let source = try PeekedSource(
        path == FileArguments.standardInput ? FileReader.standardInput() : FileReader(path),
        byteCount: RecordFrame.headerLength)
      compression = source.beginning.withUnsafeBytes { RecordCompression(firstBytes: $0) }
      input = .stream(compression == .none ? source : try Self.inflated(source, compression))
    }
  }

  private static func inflated(_ source: any ByteSource, _ compression: RecordCompression) throws -> any ByteSource
  {
    try GzipReader(source, format: compression == .gzip ? .gzip : .zlib)
  }

  /// The next records, or `nil` after the last.
  ///
  /// - Throws: ``KernelError`` `.badData` where the framing is broken. TensorFlow takes up to 11 stray bytes at the end
  ///   for the end of the file; here they are an error too, because they mean that something was lost.
  package func next() throws -> RecordChunk? {
    let chunk: RecordChunk?
    switch input {
    case .mapped(let view): chunk = try cut(view.subview(offset..<view.count), isWhole: true)
    case .stream(let source): chunk = try nextOfStream(source)
    }
    guard let chunk else { return nil }
    offset += chunk.bytes.count
    recordCount += chunk.count
    return chunk
  }

  private func nextOfStream(_ source: any ByteSource) throws -> RecordChunk? {
    var room = max(chunkSize, carried.count)
    while true {
      var filled = carried.count
      let buffer = OwnedBuffer(byteCount: room)
      buffer.bytes.copyBytes(from: carried)
      while filled < room, !streamIsAtEnd {
        let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...]))
        filled += count
        streamIsAtEnd = count == 0
      }
      let view = ByteView(unsafe: UnsafeRawBufferPointer(buffer.bytes), owner: buffer).subview(0..<filled)
      if let chunk = try cut(view, isWhole: streamIsAtEnd) {
        carried = view.subview(chunk.bytes.count..<filled).array
        return chunk
      }
      if streamIsAtEnd { return nil }
      // A record larger than the buffer: read more before believing its length, so that a lie costs no memory.
      carried = view.array
      room = 2 * filled
    }
  }

  /// Whole records from the beginning of `view`, up to the chunk's size; `nil` when there is not one.
  ///
  /// - Parameter isWhole: whether nothing can follow `view`, so that a cut record is an error.
  private func cut(_ view: ByteView, isWhole: Bool) throws -> RecordChunk? {
    var bounds = [0]
    try view.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count, position < chunkSize {
        guard bytes.count - position >= RecordFrame.headerLength, let start = bytes.baseAddress else {
          if isWhole { throw broken(at: position, bounds.count - 1, "the file ends inside its header") }
          return
        }
        guard let length = RecordFrame.payloadLength(header: start + position) else {
          throw broken(at: position, bounds.count - 1, "the checksum of its length is wrong")
        }
        guard length <= bytes.count - position - RecordFrame.overhead else {
          if isWhole {
            let rest = bytes.count - position
            throw broken(
              at: position, bounds.count - 1, "\(length) bytes are announced but the file ends after \(rest)")
          }
          return
        }
        position += length + RecordFrame.overhead
        bounds.append(position)
      }
    }
    guard bounds.count > 1 else { return nil }
    return RecordChunk(
      bytes: view.subview(0..<bounds[bounds.count - 1]), bounds: bounds, firstNumber: recordCount, offset: offset)
  }

  private func broken(at position: Int, _ number: Int, _ problem: String) -> KernelError {
    let isFirst = offset + position == 0
    return KernelError(
      .badData, path, at: .byte(offset + position), "record \(recordCount + number): \(problem)",
      hint: isFirst ? "is this a TFRecord file?" : RecordFrame.repairHint)
  }
}
