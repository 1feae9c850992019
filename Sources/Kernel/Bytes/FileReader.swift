import Glibc

/// A file or pipe read from its beginning to its end, a piece at a time.
public final class FileReader: ByteSource {
  public let name: String
  private let descriptor: Int32

  /// Opens `path`; `-` is standard input.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it does not exist, is a directory or may not be read.
  public init(_ path: String) throws {
    name = path == "-" ? "standard input" : path
    let path = path == "-" ? "/dev/stdin" : path
    descriptor = retryingInterrupts { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SystemError().reading(name) }
    if FileStatus(path)?.isDirectory == true {
      close(descriptor)
      throw KernelError(.noInput, name, "is a directory, not a file")
    }
  }

  private init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  /// Standard input, which stays open.
  package static func standardInput() -> FileReader { FileReader(name: "standard input", descriptor: STDIN_FILENO) }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = retryingInterrupts { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    guard count >= 0 else { throw SystemError().reading(name) }
    return count
  }
}
