import Bytes

/// Counts what passes to another sink, and passes nothing on once a limit is exceeded.
final class LimitedSink: ByteSink {
  private(set) var byteCount = 0
  private let sink: any ByteSink
  private let limit: Int

  init(_ sink: any ByteSink, limit: Int) {
    self.sink = sink
    self.limit = limit
  }

  var isExceeded: Bool { byteCount > limit }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    if !isExceeded { try sink.write(bytes) }
  }
}
