import Synchronization

/// Which parts of several files threads have touched, by stretches as large as a fault may map at once.
///
/// Memory: a byte for each ``windowSize`` of the files.
final class TouchedWindows: @unchecked Sendable {
  // Sendable holds because all that changes is atomic.
  private let flags: UnsafeMutablePointer<Atomic<Bool>>
  private let flagCount: Int
  /// Where the flags of each file begin, and those of the last one end.
  private let starts: [Int]
  private let touchedCount = Atomic<Int>(0)

  /// A fault may map the aligned 2 MiB around it, or as much less as the page cache holds in one piece.
  static let windowSize = 2 << 20

  /// - Parameter sizes: bytes of each file.
  init(_ sizes: [Int]) {
    var starts = [0]
    for size in sizes { starts.append(starts[starts.count - 1] + size / TouchedWindows.windowSize + 1) }
    self.starts = starts
    flagCount = starts[starts.count - 1]
    flags = .allocate(capacity: flagCount)
    for index in 0..<flagCount { (flags + index).initialize(to: Atomic(false)) }
  }

  deinit {
    flags.deinitialize(count: flagCount)
    flags.deallocate()
  }

  /// Bytes of the windows that are marked.
  var byteCount: Int { touchedCount.load(ordering: .relaxed) * TouchedWindows.windowSize }

  /// Marks a place of a file.
  ///
  /// - Returns: whether it was not marked.
  @inline(__always)
  func touch(_ file: Int, at offset: Int) -> Bool {
    let flag = flags + (starts[file] + offset / TouchedWindows.windowSize)
    if flag.pointee.load(ordering: .relaxed) || flag.pointee.exchange(true, ordering: .relaxed) { return false }
    touchedCount.add(1, ordering: .relaxed)
    return true
  }

  /// Takes the marks of a file away; returns whether there were any.
  func forget(_ file: Int) -> Bool {
    var count = 0
    for index in starts[file]..<starts[file + 1] where flags[index].exchange(false, ordering: .relaxed) {
      count += 1
    }
    touchedCount.subtract(count, ordering: .relaxed)
    return count > 0
  }
}
