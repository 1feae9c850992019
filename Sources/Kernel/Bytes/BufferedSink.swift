/// Collects small pieces and hands them on in large ones.
///
/// Memory: 256 KiB.
package final class BufferedSink: ByteSink {
  private let sink: any ByteSink
  private var buffer: [UInt8] = []
  private static let capacity = 256 << 10

  /// Writes to `sink`, completely after ``flush()``.
  package init(into sink: any ByteSink) {
    self.sink = sink
    buffer.reserveCapacity(BufferedSink.capacity)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    if buffer.count + bytes.count > BufferedSink.capacity { try flush() }
    if bytes.count > BufferedSink.capacity { try sink.write(bytes) } else { buffer.append(contentsOf: bytes) }
  }

  /// Hands on what was collected.
  package func flush() throws {
    try buffer.withUnsafeBytes { try sink.write($0) }
    buffer.removeAll(keepingCapacity: true)
  }
}
