import Bytes
import Glibc
import Synchronization

/// Unbuffered standard error, with one status line that a terminal shows below everything else.
///
/// Failures are dropped: there is nowhere left to report them.
package final class StandardError: Sendable {
  package static let shared = StandardError(descriptor: 2)

  private let descriptor: Int32
  private let hasStatus = Mutex(false)
  package let isTerminal: Bool

  /// Messages on an open descriptor.
  package init(descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
  }

  /// Writes `text` and a newline in one piece.
  package func line(_ text: String) { write(text + "\n") }

  /// Writes whole lines, after removing the status line.
  package func write(_ lines: String) {
    guard !lines.isEmpty else { return }
    hasStatus.withLock { shown in
      put(shown ? StandardError.eraseLine + lines : lines)
      shown = false
    }
  }

  /// Shows `text` as the status line, or removes it; for terminals only.
  package func setStatus(_ text: String?) {
    hasStatus.withLock { shown in
      if text != nil || shown { put(StandardError.eraseLine + (text ?? "")) }
      shown = text != nil
    }
  }

  /// Carriage return, and the ECMA-48 sequence "erase to the end of the line".
  private static let eraseLine = "\r\u{1b}[K"

  private func put(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let address = rest.baseAddress, rest.count > 0 {
        let written = retryingInterrupts { Glibc.write(descriptor, address, rest.count) }
        guard written > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}
