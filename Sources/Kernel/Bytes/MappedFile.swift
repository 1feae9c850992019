import Glibc

/// A regular file mapped for reading.
///
/// Opening reads nothing; pages arrive on first touch. ``release(_:)`` gives pages back, so that walking a large
/// file keeps the resident memory small.
public final class MappedFile: @unchecked Sendable {
  // Sendable holds because the mapping is read-only and lives until deinit.
  public let path: String
  private let base: UnsafeRawBufferPointer

  /// Maps `path`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it does not exist, is a directory or may not be read.
  public init(_ path: String) throws {
    self.path = path
    let descriptor = retryingInterrupts { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SystemError().reading(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError().reading(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw KernelError(.noInput, path, "is a directory, not a file")
    default:
      throw KernelError(.noInput, path, "is not a regular file", hint: "copy it to a file first: it must be mapped")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      base = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
      throw SystemError().reading(path)
    }
    base = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = base.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), base.count) }
  }

  public var count: Int { base.count }

  /// The whole file as a view that keeps the mapping alive.
  public var view: ByteView { ByteView(unsafe: base, owner: self) }

  /// Asks the kernel to read `range` ahead.
  package func prefetch(_ range: Range<Int>) { advise(range, MADV_WILLNEED) }

  /// Drops the pages of `range` from this process (not from the page cache); touching them again is correct, only slower.
  package func release(_ range: Range<Int>) { advise(range, MADV_DONTNEED) }

  private func advise(_ range: Range<Int>, _ advice: Int32) {
    let page = 4096
    let range = range.clamped(to: 0..<base.count)
    // Whole pages only: a neighbour's page may still be in use, which costs a fault but never correctness.
    let start = range.lowerBound & ~(page - 1)
    guard let address = base.baseAddress, range.upperBound > start else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: address + start), range.upperBound - start, advice)
  }
}

/// Repeats a system call that returns -1 while it fails with EINTR.
package func retryingInterrupts<R: SignedInteger>(_ call: () -> R) -> R {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
