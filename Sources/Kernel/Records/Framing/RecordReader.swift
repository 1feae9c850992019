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
/// (``Record/check(in:)``), on all cores. Memory: a chunk, or
/// one and a half records if those are larger.
package final class RecordReader {
  package let path: String
  package let compression: RecordCompression
  /// Bytes of records read so far, uncompressed.
  package private(set) var offset = 0
  package private(set) var recordCount = 0
  /// Bytes of a chunk, unless a single record has more.
  private let chunkSize: Int
  /// Whether records of a stream are wanted as soon as they are there.
  private let isEager: Bool

  /// No message of protobuf has more than 2 GiB, so a longer record of a stream is a lie, or not for us.
  private static let streamedRecordLimit = 2 << 30

  private enum Input {
    case mapped(ByteView)
    case stream(any ByteSource)
  }

  private let input: Input
  /// What a stream gave beyond the last whole record.
  private var carried = ByteView([])
  private var streamIsAtEnd = false
  /// What ended a stream before its end, told after the whole records before it.
  private var streamFailure: (any Error)?

  /// Opens `path`; `-` is standard input.
  ///
  /// - Parameters:
  ///   - name: what messages call the file, when not by its path.
  ///   - isEager: whether records of a pipe are wanted as soon as they are there, in chunks as small as they come.
  /// - Throws: ``KernelError`` `.noInput` when it is missing, a directory or unreadable.
  package init(_ path: String, name: String? = nil, chunkSize: Int = 8 << 20, isEager: Bool = false) throws {
    self.isEager = isEager
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

  /// The next records, or `nil` after the last; damage is thrown after the records before it were returned.
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
      let buffer = try OwnedBuffer(ifThereIsRoomFor: room)
      carried.withUnsafeBytes { buffer.bytes.copyMemory(from: $0) }
      while filled < room, !streamIsAtEnd {
        let count = readOrFail(source, into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...]))
        filled += count
        streamIsAtEnd = count == 0
        if isEager { break }
      }
      let view = ByteView(unsafe: UnsafeRawBufferPointer(buffer.bytes), owner: buffer).subview(0..<filled)
      if let chunk = try cut(view, isWhole: streamIsAtEnd && streamFailure == nil) {
        carried = view.subview(chunk.bytes.count..<filled)
        return chunk
      }
      if let streamFailure { throw streamFailure }
      if streamIsAtEnd { return nil }
      // A record larger than the buffer: read more before believing its length, so that a lie costs no memory.
      carried = view
      let announced = view.withUnsafeBytes { announcedLength($0) } ?? .max
      guard filled <= Self.streamedRecordLimit else {
        throw broken(
          "it has over \(Self.streamedRecordLimit) bytes, which cannot be held",
          hint: "decompress the file; plain files have no limit")
      }
      room = max(chunkSize, announced / 4 <= filled ? announced : 2 * filled)
    }
  }

  /// As the source reads, with a failure noted and taken for the end.
  private func readOrFail(_ source: any ByteSource, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    do { return try source.read(into: buffer) } catch {
      streamFailure = error
      return 0
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
        do { position += try frameLength(UnsafeRawBufferPointer(rebasing: bytes[position...]), isWhole) } catch {
          // The records before the damage come first; the next call finds it again.
          if bounds.count > 1 { return }
          throw error
        }
        if position == bounds[bounds.count - 1] { return }
        bounds.append(position)
      }
    }
    guard bounds.count > 1 else { return nil }
    return RecordChunk(
      bytes: view.subview(0..<bounds[bounds.count - 1]), bounds: bounds, firstNumber: recordCount, offset: offset)
  }

  /// The length of the frame at the beginning of `bytes`, as far as that can be told.
  private func announcedLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= RecordFrame.headerLength, let start = bytes.baseAddress,
      let length = RecordFrame.payloadLength(header: start)
    else { return nil }
    return length + RecordFrame.overhead
  }

  /// The length of the frame at the beginning of `bytes`; 0 when more bytes are needed to tell or to hold it.
  @inline(__always)
  private func frameLength(_ bytes: UnsafeRawBufferPointer, _ isWhole: Bool) throws -> Int {
    guard bytes.count >= RecordFrame.headerLength, let start = bytes.baseAddress else {
      if isWhole { throw broken("the file ends inside its header") }
      return 0
    }
    guard let length = RecordFrame.payloadLength(header: start) else {
      throw broken("the checksum of its length is wrong")
    }
    guard length <= bytes.count - RecordFrame.overhead else {
      if isWhole { throw broken("it takes \(length + RecordFrame.overhead) bytes but \(bytes.count) are left") }
      return 0
    }
    return length + RecordFrame.overhead
  }

  /// What is wrong with the record that begins where the last chunk ended.
  private func broken(_ problem: String, hint: String? = nil) -> KernelError {
    KernelError(
      .badData, path, at: .byte(offset), "record \(recordCount): \(problem)",
      hint: hint ?? (offset == 0 ? "is this a TFRecord file?" : RecordFrame.repairHint))
  }
}
