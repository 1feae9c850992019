import Bytes

/// Writes records to a file that appears whole or not at all, or to any other sink; compressed by choice.
///
/// Memory: a buffer of 256 KiB, and what the compressor takes.
package final class RecordWriter {
  package private(set) var recordCount = 0
  private let file: AtomicFile?
  private let sink: any ByteSink
  private let gzip: GzipWriter?
  private var buffer: [UInt8] = []
  private static let capacity = 256 << 10

  /// Starts a file; nothing is visible until ``commit()``.
  ///
  /// - Parameter compression: `nil` lets the name decide: `.gz` is gzip.
  /// - Throws: ``KernelError`` `.cannotCreate`, or `.usage` for zlib, which is only read.
  package convenience init(
    _ path: String, existing: AtomicFile.Existing, compression: RecordCompression? = nil,
    workers: Workers = Workers(1)
  ) throws {
    let file = try AtomicFile(path, existing: existing)
    self.init(file, file: file, compression ?? (path.hasSuffix(".gz") ? .gzip : .none), workers)
  }

  /// Writes to `sink`, which the caller closes after ``commit()``.
  package convenience init(
    to sink: any ByteSink, compression: RecordCompression = .none, workers: Workers = Workers(1)
  ) {
    self.init(sink, file: nil, compression, workers)
  }

  private init(
    _ sink: any ByteSink, file: AtomicFile?, _ compression: RecordCompression, _ workers: Workers
  ) {
    self.file = file
    gzip = compression == .none ? nil : GzipWriter(into: sink, level: .standard, workers: workers)
    self.sink = gzip ?? sink
    buffer.reserveCapacity(RecordWriter.capacity)
  }

  /// Appends a record with this payload.
  package func write(payload: UnsafeRawBufferPointer) throws {
    try append(RecordFrame.header(payloadLength: payload.count))
    try append(payload)
    try append(RecordFrame.footer(of: payload))
    recordCount += 1
  }

  /// Appends a record as it stands in another file, with the checksums it has.
  package func write(_ record: Record) throws {
    try append(record.frame)
    recordCount += 1
  }

  /// Appends `count` records that follow each other in memory, with the checksums they have.
  package func write(frames: UnsafeRawBufferPointer, count: Int) throws {
    try append(frames)
    recordCount += count
  }

  private func append(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try append($0) } }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    if buffer.count + bytes.count > RecordWriter.capacity { try flush() }
    if bytes.count > RecordWriter.capacity { try sink.write(bytes) } else { buffer.append(contentsOf: bytes) }
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try sink.write($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the bytes durable without a name yet, so that several files can appear together.
  package func prepare() throws {
    try flush()
    try gzip?.finish()
    try file?.prepare()
  }

  /// Gives the file its name. Call ``prepare()`` first.
  package func commit() throws { try file?.commit() }
}
