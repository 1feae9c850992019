/// Byte strings that lie somewhere in one stretch of memory, numbered and found by their contents; none is copied.
///
/// Memory: 16 bytes a key, and 8 to 32 more for the table. The hash is keyed anew in each process, so no file can be
/// made to collide; nothing that is returned depends on it.
package struct KeyIndex: Sendable {
  private let bytes: ByteView
  /// Where each key lies, by number.
  package private(set) var keys: [Range<Int>] = []
  /// An open-addressed table: the upper half is the key's hash, the lower its number plus one, 0 is empty.
  private var slots: [UInt64]

  /// An empty index over `bytes` that takes about `capacity` keys before it grows.
  package init(over bytes: ByteView, capacity: Int = 64) {
    self.bytes = bytes
    var size = 64
    while size / 2 < capacity, size < 1 << 28 { size *= 2 }
    slots = Array(repeating: 0, count: size)
  }

  package var count: Int { keys.count }

  /// Adds the key at `range`.
  ///
  /// - Returns: the number of the equal key that is there already, or `nil` if this one is new; it then has the number
  ///   ``count`` - 1.
  /// - Throws: ``KernelError`` `.badData` beyond 2³² - 2 keys.
  package mutating func insert(_ range: Range<Int>) throws -> Int? {
    let hash = bytes.withUnsafeBytes { KeyIndex.hash(UnsafeRawBufferPointer(rebasing: $0[range])) }
    let found = bytes.withUnsafeBytes { find(UnsafeRawBufferPointer(rebasing: $0[range]), hash) }
    if let number = found.number { return number }
    guard keys.count < Int(UInt32.max) - 1 else { throw KernelError(.badData, "", "over 4294967294 rows") }
    keys.append(range)
    slots[found.slot] = UInt64(hash) << 32 | UInt64(keys.count)
    if keys.count * 2 > slots.count { grow() }
    return nil
  }

  /// The number of the key that equals `key`.
  package func number(of key: UnsafeRawBufferPointer) -> Int? { find(key, KeyIndex.hash(key)).number }

  /// Calls `body` with the bytes of the key of this number, which are valid during the call.
  package func withKey<R>(_ number: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[keys[number]])) }
  }

  private static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(bytes: key)
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }

  /// Where `key` is, or the empty slot where it would be.
  private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt32) -> (number: Int?, slot: Int) {
    bytes.withUnsafeBytes { bytes in
      var slot = Int(hash) & (slots.count - 1)
      while slots[slot] != 0 {
        if UInt32(slots[slot] >> 32) == hash {
          let number = Int(slots[slot] & 0xffff_ffff) - 1
          let range = keys[number]
          if range.count == key.count, bytes[range].elementsEqual(key) { return (number, slot) }
        }
        slot = (slot + 1) & (slots.count - 1)
      }
      return (nil, slot)
    }
  }

  private mutating func grow() {
    var larger = [UInt64](repeating: 0, count: 2 * slots.count)
    for entry in slots where entry != 0 {
      var slot = Int(entry >> 32) & (larger.count - 1)
      while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
      larger[slot] = entry
    }
    slots = larger
  }
}
