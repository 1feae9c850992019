import Bytes
import CKernel

/// The rows of a CSV file in memory, found by the first field.
///
/// Memory: 8 bytes a row, and 5 to 11 more for the table: a row is known by where its line begins, and its id is read
/// there. The hash is keyed anew in each process, so no file can be made to collide; nothing that is returned depends
/// on it.
struct RowIndex: Sendable {
  /// Where a line begins, in the low bits, and a part of its id's hash above.
  private var rows: [UInt64] = []
  /// An open-addressed table of row numbers plus one; 0 is empty.
  private var slots: [UInt32]
  private let hash = IDHash.shared

  private static let offsetBits: UInt64 = 40
  /// A file must be shorter.
  static let byteLimit = 1 << Int(offsetBits)

  /// An empty index that takes about `capacity` rows before it grows.
  init(capacity: Int) {
    var size = 64
    while size / 4 * 3 < capacity, size < 1 << 30 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    rows.reserveCapacity(capacity)
  }

  var count: Int { rows.count }

  /// Where the line of a row begins.
  func start(of number: Int) -> Int { Int(rows[number] & (1 << RowIndex.offsetBits - 1)) }

  /// An id to be added or looked up.
  struct Key {
    let id: UnsafeRawBufferPointer
    fileprivate let hash: UInt64
  }

  /// What to add or look up `id` with: the memory that this needs is then on its way, and something else may be
  /// done first.
  func key(_ id: UnsafeRawBufferPointer) -> Key {
    let key = Key(id: id, hash: hash(id))
    let slot = Int(truncatingIfNeeded: key.hash) & (slots.count - 1)
    slots.withUnsafeBufferPointer { slots in
      if let first = slots.baseAddress { ck_prefetch(first + slot) }
    }
    return key
  }

  /// Adds the row whose line begins at `start`.
  ///
  /// - Returns: the number of the row of the same id that is there already, or `nil` if there is none.
  /// - Throws: ``ByteReader/Fault`` beyond 2³¹ rows.
  mutating func insert(
    _ key: Key, at start: Int, in bytes: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) -> Int? {
    let found = find(key, in: bytes)
    if let number = found.number { return number }
    guard rows.count < 1 << 31 else { throw .init(offset: start, problem: "over 2147483648 rows") }
    rows.append(key.hash & ~(1 << RowIndex.offsetBits - 1) | UInt64(start))
    slots[found.slot] = UInt32(rows.count)
    if slots.count / 4 * 3 < rows.count { grow(bytes) }
    return nil
  }

  /// The number of the row with this id.
  func number(of id: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Int? {
    find(Key(id: id, hash: hash(id)), in: bytes).number
  }

  /// Where an id is, or the empty slot where it would be.
  private func find(_ key: Key, in bytes: UnsafeRawBufferPointer) -> (number: Int?, slot: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: key.hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if (rows[number] ^ key.hash) >> RowIndex.offsetBits == 0, bytes.hasID(key.id, at: start(of: number)) {
        return (number, slot)
      }
      slot = (slot + 1) & mask
    }
    return (nil, slot)
  }

  /// Doubles the table; the rows keep too little of their hashes to do without the ids.
  private mutating func grow(_ bytes: UnsafeRawBufferPointer) {
    slots = Array(repeating: 0, count: 2 * slots.count)
    let mask = slots.count - 1
    for number in rows.indices {
      var slot = Int(truncatingIfNeeded: hash(bytes.id(at: start(of: number)))) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(number + 1)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The first field of the line that begins at `start`, of which is known that it ends, without its quotes.
  @inline(__always)
  func id(at start: Int) -> UnsafeRawBufferPointer {
    let isQuoted = self[start] == UInt8(ascii: "\"")
    let mark = isQuoted ? UInt8(ascii: "\"") : UInt8(ascii: ",")
    let first = isQuoted ? start + 1 : start
    var end = first
    while end < count, self[end] != mark { end += 1 }
    return UnsafeRawBufferPointer(rebasing: self[first..<end])
  }

  /// Whether the first field of the line that begins at `start` is `id`.
  @inline(__always)
  func hasID(_ id: UnsafeRawBufferPointer, at start: Int) -> Bool {
    let isQuoted = self[start] == UInt8(ascii: "\"")
    let first = isQuoted ? start + 1 : start
    let end = first + id.count
    guard end < count, self[end] == (isQuoted ? UInt8(ascii: "\"") : UInt8(ascii: ",")) else { return false }
    for index in 0..<id.count where self[first + index] != id[index] { return false }
    return true
  }
}
