import Bytes

/// Writes records to a file that appears whole or not at all, or to any other sink; compressed by choice.
///
/// Memory: a buffer of 256 KiB (32 KiB for one of many), and what the compressor takes (``GzipWriter``).
package final class RecordWriter {
  package private(set) var recordCount = 0
  /// Bytes of records so far, uncompressed.
  package private(set) var byteCount = 0
  private let file: AtomicFile?
  private let sink: any ByteSink
  private let compressor: GzipWriter?
  private let buffer: OwnedBuffer
  private var filled = 0
  private var isPrepared = false

  /// Starts a file; nothing is visible until ``commit()``.
  ///
  /// - Parameters:
  ///   - compression: `nil` lets the name decide (``RecordCompression/init(byNameOf:)``).
  /// - Throws: ``KernelError`` `.cannotCreate`.
  package convenience init(
    _ path: String, existing: AtomicFile.Existing, compression: RecordCompression? = nil,
    level: GzipLevel = .standard, workers: Workers = Workers(1)
  ) throws {
    let file = try AtomicFile(path, existing: existing)
    self.init(
      file, file: file, compression ?? RecordCompression(byNameOf: path), level, workers, isOneOfMany: false)
  }

  /// Writes to `sink`, which the caller closes after ``prepare()``.
  ///
  /// - Parameter isOneOfMany: whether many writers are open at once, so that each should take little memory.
  package convenience init(
    to sink: any ByteSink, compression: RecordCompression = .none, level: GzipLevel = .standard,
    workers: Workers = Workers(1), isOneOfMany: Bool = false
  ) {
    self.init(sink, file: nil, compression, level, workers, isOneOfMany: isOneOfMany)
  }

  private init(
    _ sink: any ByteSink, file: AtomicFile?, _ compression: RecordCompression, _ level: GzipLevel,
    _ workers: Workers, isOneOfMany: Bool
  ) {
    self.file = file
    buffer = OwnedBuffer(byteCount: isOneOfMany ? 32 << 10 : 256 << 10)
    compressor = compression.container.map {
      GzipWriter(into: sink, level: level, format: $0, workers: workers, blockCount: isOneOfMany ? 1 : nil)
    }
    self.sink = compressor ?? sink
  }

  /// Appends a record with this payload.
  package func write(payload: UnsafeRawBufferPointer) throws {
    try RecordFrame.withHeader(payloadLength: payload.count) { try append($0) }
    try append(payload)
    try RecordFrame.withFooter(of: payload) { try append($0) }
    recordCount += 1
  }

  /// Appends a record as it stands in another file, with the checksums it has.
  package func write(_ record: Record) throws { try write(frames: record.frame, count: 1) }

  /// Appends `count` whole records as they stand back to back in another file, with the checksums they have.
  package func write(frames: UnsafeRawBufferPointer, count: Int) throws {
    try append(frames)
    recordCount += count
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    // A large piece goes to the sink without a copy.
    let isLarge = bytes.count >= buffer.bytes.count / 4
    if isLarge || bytes.count > buffer.bytes.count - filled { try flush() }
    if isLarge { return try sink.write(bytes) }
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...]).copyMemory(from: bytes)
    filled += bytes.count
  }

  private func flush() throws {
    guard filled > 0 else { return }
    try sink.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<filled]))
    filled = 0
  }

  /// Makes the bytes durable without a name yet, so that several files can appear together; nothing may be written
  /// afterwards.
  package func prepare() throws {
    isPrepared = true
    try flush()
    try compressor?.finish()
    try file?.prepare()
  }

  /// Gives the file its name, ``prepare()``d first if it has not been.
  package func commit() throws {
    if !isPrepared { try prepare() }
    try file?.commit()
  }
}

extension RecordCompression {
  /// What an output of this name should be: `.gz` gzip, `.zlib` and `.zz` zlib, anything else plain.
  package init(byNameOf path: String) {
    if path.hasSuffix(".gz") {
      self = .gzip
    } else if path.hasSuffix(".zlib") || path.hasSuffix(".zz") {
      self = .zlib
    } else {
      self = .none
    }
  }
}
