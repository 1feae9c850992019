import Glibc

/// An unnamed file for what does not fit memory or must be read twice; the kernel discards it with the process.
///
/// It lies in `$TMPDIR`, or else `/tmp`.
package final class SpoolFile: ByteSink {
  package private(set) var byteCount = 0
  private let folder: String
  private let descriptor: Int32

  /// - Throws: ``KernelError`` `.cannotCreate` when the folder cannot hold one.
  package init() throws {
    let chosen = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let folder = chosen.isEmpty ? "/tmp" : chosen
    self.folder = folder
    let unnamed = retryingInterrupts { open(folder, O_RDWR | O_CLOEXEC | openUnnamed, 0o600) }
    guard unnamed < 0, [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) else {
      descriptor = unnamed
      guard descriptor >= 0 else { throw SystemError().writing(folder) }
      return
    }
    // File systems without unnamed files: a named one whose name goes at once.
    var template = Array((Path.join(folder, "spool.XXXXXX")).utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw SystemError().writing(folder) }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// A path that opens the file anew, as long as this value lives.
  package var path: String { "/proc/self/fd/\(descriptor)" }

  /// Appends `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws { try write(bytes, at: byteCount) }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let done = offset + bytes.count - rest.count
      let written = retryingInterrupts { pwrite(descriptor, start, rest.count, off_t(done)) }
      guard written > 0 else { throw SystemError(written == 0 ? EIO : errno).writing(folder) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    byteCount = max(byteCount, offset + bytes.count)
  }

  /// Fills `buffer` with what stands at `offset`.
  ///
  /// - Throws: ``KernelError`` `.io` when the file ends before.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = retryingInterrupts { pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done)) }
      guard count > 0 else { throw SystemError(count == 0 ? EIO : errno).reading(folder) }
      done += count
    }
  }

  /// Appends all that `source` gives.
  package func append(_ source: any ByteSource) throws {
    let buffer = OwnedBuffer(byteCount: 1 << 20)
    while case let count = try source.read(into: buffer.bytes), count > 0 {
      try write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
    }
  }
}
