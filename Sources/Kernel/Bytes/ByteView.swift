import Glibc

/// Bytes that keep their storage alive: a mapped file, a part of one, or an owned buffer.
///
/// Copying a view copies two words; ``subview(_:)`` never copies bytes. The bytes never change, so a view may be
/// shared between threads.
public struct ByteView: @unchecked Sendable {
  // Sendable holds because the storage is immutable for the owner's life and the owner is only retained, not used.
  private let owner: AnyObject?
  private let storage: UnsafeRawBufferPointer

  /// A view of `storage`, which stays valid as long as `owner` lives.
  package init(unsafe storage: UnsafeRawBufferPointer, owner: AnyObject?) {
    self.storage = storage
    self.owner = owner
  }

  /// A view of a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    let buffer = OwnedBuffer(byteCount: bytes.count)
    bytes.withUnsafeBytes { buffer.bytes.copyMemory(from: $0) }
    self.init(unsafe: UnsafeRawBufferPointer(buffer.bytes), owner: buffer)
  }

  /// An owned view of `byteCount` zeroed bytes, filled by `body`.
  ///
  /// - Throws: ``KernelError`` `.io` when there is not so much memory, and what `body` throws.
  package init(byteCount: Int, filledBy body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    let buffer = try OwnedBuffer(ifThereIsRoomFor: byteCount)
    try body(buffer.bytes)
    self.init(unsafe: UnsafeRawBufferPointer(buffer.bytes), owner: buffer)
  }

  public var count: Int { storage.count }

  /// Calls `body` with the bytes, which are valid only during the call.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(owner) { try body(storage) }
  }

  /// The bytes of `range`, which must lie inside the view.
  package func subview(_ range: Range<Int>) -> ByteView {
    ByteView(unsafe: UnsafeRawBufferPointer(rebasing: storage[range]), owner: owner)
  }

  /// Gives the memory pages of `range` back if the bytes are a mapped file's; reading them again stays correct.
  package func releasePages(_ range: Range<Int>) {
    guard let file = owner as? MappedFile, let base = storage.baseAddress else { return }
    file.release((base + range.lowerBound)..<(base + range.upperBound))
  }

  /// Maps the memory pages of `range` in one go if the bytes are a mapped file's, instead of a fault for each few.
  package func populatePages(_ range: Range<Int>) {
    guard let file = owner as? MappedFile, let base = storage.baseAddress else { return }
    file.populate((base + range.lowerBound)..<(base + range.upperBound))
  }

  /// A copy of the bytes.
  public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

/// A zeroed heap buffer freed with its owner, aligned for any vector instruction.
package final class OwnedBuffer: @unchecked Sendable {
  // Sendable holds because writers hand the buffer on only after they have filled it.
  package let bytes: UnsafeMutableRawBufferPointer

  /// `byteCount` zeros.
  package init(byteCount: Int) {
    let isHuge = byteCount >= 32 << 20
    bytes = .allocate(byteCount: byteCount, alignment: isHuge ? 2 << 20 : 64)
    // Large pages, where the system has some, save most of the faults of the first touch.
    if isHuge { _ = madvise(bytes.baseAddress, byteCount, MADV_HUGEPAGE) }
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// `byteCount` zeros, which a file asks for.
  ///
  /// - Throws: ``KernelError`` `.io` when the system has no room for them.
  package convenience init(ifThereIsRoomFor byteCount: Int) throws {
    // Swift's own allocation ends the process when there is no room, so the C library is asked first.
    guard let trial = malloc(max(byteCount, 1)) else {
      throw KernelError(.io, "", "no memory for \(byteCount) bytes", hint: "use a machine with more memory")
    }
    free(trial)
    self.init(byteCount: byteCount)
  }

  deinit { bytes.deallocate() }
}
