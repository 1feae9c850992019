import Glibc

/// A regular file mapped for reading.
///
/// Opening reads nothing; pages arrive on first touch. ``ByteView/releasePages(_:)`` gives them back, so
/// that walking a large file keeps the resident memory small.
public final class MappedFile: @unchecked Sendable {
  // Sendable holds because the mapping is read-only and lives until deinit.
  public let path: String
  private let base: UnsafeRawBufferPointer

  /// Maps `path`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it does not exist, is a directory or may not be read.
  public init(_ path: String) throws {
    self.path = path
    // Without O_NONBLOCK, opening a named pipe would wait for a writer before it can be refused.
    let descriptor = retryingInterrupts { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
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

  /// Drops the pages around `addresses` from this process (not from the page cache).
  ///
  /// A fault may map the whole aligned 2 MiB around it (Linux 6.18 does, where the page cache holds large folios), so
  /// that much is dropped: with less, threads that walk a file piece by piece would leave a trail of each other's
  /// pages. A page that somebody still reads comes back at the price of a fault.
  package func release(_ addresses: Range<UnsafeRawPointer>) {
    guard let first = base.baseAddress, !addresses.isEmpty else { return }
    let start = max(first, addresses.lowerBound.alignedDown(toMultipleOf: 2 << 20))
    let end = min(first + base.count, addresses.upperBound.alignedUp(toMultipleOf: 2 << 20))
    _ = madvise(UnsafeMutableRawPointer(mutating: start), end - start, MADV_DONTNEED)
  }

  /// Brings the pages that hold `addresses` into this process; a kernel before 5.14 leaves that to the first touch.
  package func populate(_ addresses: Range<UnsafeRawPointer>) {
    let start = addresses.lowerBound.alignedDown(toMultipleOf: 4096)
    let populateRead: Int32 = 22  // MADV_POPULATE_READ, which glibc 2.31 does not name
    _ = madvise(UnsafeMutableRawPointer(mutating: start), addresses.upperBound - start, populateRead)
  }
}

/// Repeats a system call that returns -1 while it fails with EINTR.
package func retryingInterrupts<R: SignedInteger>(_ call: () -> R) -> R {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
