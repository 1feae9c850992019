import Bytes

/// Passes a tensor's bytes on and checks that they are exactly as many as planned, since a container's layout is
/// fixed before the first of them.
final class MeasuredSink: ByteSink {
  private let sink: any ByteSink
  private let info: TensorInfo
  private let path: String
  private var count = 0

  init(_ sink: any ByteSink, for info: TensorInfo, path: String) {
    self.sink = sink
    self.info = info
    self.path = path
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count <= info.byteCount - count else { throw mismatch("more than") }
    try sink.write(bytes)
    count += bytes.count
  }

  /// Checks that nothing is missing.
  func finish() throws {
    guard count == info.byteCount else { throw mismatch("only \(count) of") }
  }

  private func mismatch(_ amount: String) -> KernelError {
    KernelError(
      .badData, path, at: .tensor(info.name.description),
      "its source gave \(amount) the \(info.byteCount) bytes that \(info.dtype.name) \(info.shape) takes")
  }
}
