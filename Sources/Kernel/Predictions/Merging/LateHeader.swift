import Bytes

/// Writes a first line only when the second comes, so that what fails at once leaves nothing behind.
final class LateHeader: ByteSink {
  private let sink: any ByteSink
  private var header: [UInt8]?

  /// - Parameter header: with its line's end.
  init(_ header: [UInt8], into sink: any ByteSink) {
    self.header = header
    self.sink = sink
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try finish()
    try sink.write(bytes)
  }

  /// Writes the first line if nothing followed it.
  func finish() throws {
    guard let line = header else { return }
    header = nil
    try sink.write(line)
  }
}
