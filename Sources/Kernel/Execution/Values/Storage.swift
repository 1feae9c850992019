import Bytes
import Glibc

/// Where the elements of tensors are: memory of their own, bytes of a file, or no bytes at all.
///
/// Only its one owner may write into it, which ``Call`` makes sure of by counting references; that is why it may be
/// passed between threads.
package final class Storage: @unchecked Sendable {
  /// Aligned to 64 bytes when it is memory of its own.
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int
  /// Strings, which have no bytes here.
  let strings: [[UInt8]]
  /// What a handle stands for: a variable's name, a list of tensors.
  let object: (any AnyObject & Sendable)?
  private let origin: Origin

  private enum Origin {
    case pool(BufferPool, UnsafeMutableRawBufferPointer)
    case bytes(ByteView)
    /// A list that takes so many bytes, which are only counted there.
    case list(BufferPool, Int)
    case none
  }

  /// Uninitialized memory, which goes back to the pool.
  init(_ byteCount: Int, from pool: BufferPool) throws {
    let buffer = try pool.take(byteCount)
    pointer = buffer.baseAddress ?? Storage.nowhere
    self.byteCount = byteCount
    strings = []
    object = nil
    origin = .pool(pool, buffer)
  }

  /// The bytes of a view, which are not written to.
  init(_ view: ByteView) {
    let address = view.withUnsafeBytes { $0.baseAddress }
    pointer = address.map { UnsafeMutableRawPointer(mutating: $0) } ?? Storage.nowhere
    byteCount = view.count
    strings = []
    object = nil
    origin = .bytes(view)
  }

  /// The strings of a constant, which the graph has anyway.
  init(strings: [[UInt8]]) {
    pointer = Storage.nowhere
    byteCount = 0
    self.strings = strings
    object = nil
    origin = .none
  }

  /// `count` strings that are made of others, so that only the list of them is new; it counts as the pool's.
  init(strings count: Int, from pool: BufferPool, _ make: () -> [[UInt8]]) throws {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<[UInt8]>.stride)
    try pool.reserve(overflow ? Int.max : byteCount)
    pointer = Storage.nowhere
    self.byteCount = 0
    strings = make()
    object = nil
    origin = .list(pool, byteCount)
  }

  init(object: any AnyObject & Sendable) {
    pointer = Storage.nowhere
    byteCount = 0
    strings = []
    self.object = object
    origin = .none
  }

  /// Whether elements may be changed when nobody else refers to them.
  var isWritable: Bool { if case .pool = origin { true } else { false } }

  /// An address for tensors without bytes.
  private static var nowhere: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
  }

  deinit {
    switch origin {
    case .pool(let pool, let buffer): pool.give(buffer)
    case .list(let pool, let byteCount): pool.release(byteCount)
    case .bytes, .none: break
    }
  }
}
