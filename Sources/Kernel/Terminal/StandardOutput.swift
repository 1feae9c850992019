import Bytes
import Glibc
import Synchronization

/// Buffered standard output, whose every failure is an error: a full disk, a closed descriptor, a failing close.
///
/// On a terminal each line appears at once; otherwise up to 64 KiB are collected. ``Program`` flushes and closes it
/// at the end, also when the command failed.
package final class StandardOutput: ByteSink, Sendable {
  package static let shared = StandardOutput(descriptor: 1)

  private struct State {
    var buffer: [UInt8] = []
    var failure: KernelError?
    var isOpen = true
  }

  private static let capacity = 1 << 16

  let descriptor: Int32
  private let state = Mutex(State())
  /// Whether a person is looking.
  package let isTerminal: Bool

  /// Output on an open descriptor, which ``close()`` closes.
  package init(descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
  }

  /// Takes all of `bytes`.
  ///
  /// - Throws: ``KernelError`` `.io`; after a failure every further call throws the same error.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { state throws(KernelError) in
      if let failure = state.failure { throw failure }
      if state.buffer.count + bytes.count > StandardOutput.capacity { try flush(&state) }
      if bytes.count > StandardOutput.capacity { return try drain(bytes, &state) }
      state.buffer.append(contentsOf: bytes)
      if isTerminal && bytes.contains(UInt8(ascii: "\n")) { try flush(&state) }
    }
  }

  /// Writes `text` as UTF-8.
  package func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes `text` and a newline.
  package func line(_ text: String = "") throws { try write(text + "\n") }

  /// Hands all that was written to the system.
  package func flush() throws { try state.withLock { state throws(KernelError) in try flush(&state) } }

  /// Flushes and closes; a network disk may report only here that it is full.
  package func close() throws {
    try state.withLock { state throws(KernelError) in
      guard state.isOpen else { return }
      state.isOpen = false
      try flush(&state)
      if Glibc.close(descriptor) != 0, errno != EBADF { throw SystemError().writing("standard output").asWriting }
    }
  }

  private func flush(_ state: inout State) throws(KernelError) {
    if let failure = state.failure { throw failure }
    let buffer = state.buffer
    state.buffer.removeAll(keepingCapacity: true)
    if isTerminal && !buffer.isEmpty { StandardError.shared.setStatus(nil) }
    let span = buffer.withUnsafeBytes { bytes in Result { () throws(KernelError) in try drain(bytes, &state) } }
    try span.get()
  }

  private func drain(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws(KernelError) {
    var rest = bytes
    while let address = rest.baseAddress, rest.count > 0 {
      let written = retryingInterrupts { Glibc.write(descriptor, address, rest.count) }
      guard written > 0 else {
        let failure = SystemError(written == 0 ? EIO : errno).writing("standard output").asWriting
        state.failure = failure
        throw failure
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}

extension KernelError {
  /// The same failure as one of writing: standard output is never created, so it cannot fail to be.
  fileprivate var asWriting: KernelError {
    var error = self
    error.kind = .io
    return error
  }
}
