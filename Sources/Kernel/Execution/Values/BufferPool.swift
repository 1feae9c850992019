import Bytes
import Glibc
import Synchronization

/// The arena of a session: memory of tensors that are gone, kept for the next ones.
///
/// Runs of a plan ask for the same sizes again and again; giving them the same pages saves the system calls and page
/// faults that would otherwise cost more than many operators do. Sizes are rounded up to one of four steps between
/// powers of two, so at most a quarter is wasted; where memory is free that is up to half larger, that is taken before
/// more is asked for. Safe to use from several threads.
///
/// Memory: what was in use at the same time, plus a quarter; more than the machine has is refused, since the system
/// would promise it and then end the program.
package final class BufferPool: Sendable {
  private struct Free: @unchecked Sendable {
    // Sendable holds because it is only reached through the mutex, and nobody uses the memory that is free.
    var pointers: [Int: [UnsafeMutableRawPointer]] = [:]
    /// Bytes of all buffers, free or not, and of what is reserved.
    var total = 0

    /// A free buffer of that size, or the least of those that are up to half larger.
    mutating func recycle(_ capacity: Int) -> UnsafeMutableRawBufferPointer? {
      if let pointer = pointers[capacity]?.popLast() {
        return UnsafeMutableRawBufferPointer(start: pointer, count: capacity)
      }
      let larger = pointers.filter { !$0.value.isEmpty && $0.key > capacity && $0.key - capacity <= capacity / 2 }
      guard let size = larger.keys.min(), let pointer = pointers[size]?.popLast() else { return nil }
      return UnsafeMutableRawBufferPointer(start: pointer, count: size)
    }
  }

  private let free = Mutex(Free())

  package init() {}

  /// The size of the buffer that holds `byteCount` bytes.
  static func capacity(for byteCount: Int) -> Int? {
    guard byteCount > 256 else { return 256 }
    let step = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount - 2)
    let (sum, overflow) = byteCount.addingReportingOverflow(step - 1)
    return overflow ? nil : sum & ~(step - 1)
  }

  /// At least that many bytes, uninitialized.
  func take(_ byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    guard let capacity = BufferPool.capacity(for: byteCount) else { throw BufferPool.exhausted(byteCount) }
    let (recycled, isAllowed): (UnsafeMutableRawBufferPointer?, Bool) = free.withLock { free in
      if let buffer = free.recycle(capacity) { return (buffer, true) }
      guard capacity <= BufferPool.limit - free.total else { return (nil, false) }
      free.total += capacity
      return (nil, true)
    }
    if let recycled { return recycled }
    var pointer: UnsafeMutableRawPointer?
    let isHuge = capacity >= 2 * BufferPool.hugePage
    guard isAllowed, posix_memalign(&pointer, isHuge ? BufferPool.hugePage : 64, capacity) == 0, let pointer else {
      throw BufferPool.exhausted(byteCount)
    }
    // Large pages, where the system has some, save most of the faults of the first touch.
    if isHuge { _ = madvise(pointer, capacity, MADV_HUGEPAGE) }
    return UnsafeMutableRawBufferPointer(start: pointer, count: capacity)
  }

  private static let hugePage = 2 << 20

  private static let limit = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))

  /// Takes back what ``take(_:)`` gave.
  func give(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let pointer = buffer.baseAddress else { return }
    free.withLock { $0.pointers[buffer.count, default: []].append(pointer) }
  }

  /// Counts bytes that somebody else allocates as if they were of the pool.
  package func reserve(_ byteCount: Int) throws {
    let isAllowed = free.withLock { free in
      guard byteCount <= BufferPool.limit - free.total else { return false }
      free.total += byteCount
      return true
    }
    guard isAllowed else { throw BufferPool.exhausted(byteCount) }
  }

  /// Takes back a ``reserve(_:)``.
  package func release(_ byteCount: Int) { free.withLock { $0.total -= byteCount } }

  private static func exhausted(_ byteCount: Int) -> KernelError {
    KernelError(
      .io, "", "there is no memory for a tensor of \(byteCount) bytes", hint: "a smaller batch or model takes less")
  }

  deinit {
    free.withLock { for pointer in $0.pointers.values.joined() { Glibc.free(pointer) } }
  }
}
