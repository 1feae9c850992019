import Bytes

/// The segments of one class and what several files' ranks say of them, reused from class to class.
///
/// Ids are not copied: they must stay where they are until ``reset()``. Memory: 48 bytes a segment and 16 to 32 for the
/// table, in the class that has the most; twice that while it grows.
struct SegmentSums: @unchecked Sendable {
  // Sendable holds because the ids are of mapped files, which nobody writes.
  struct Entry {
    /// The id's last bytes, which are all of most ids, so that comparing need not go to where it is.
    var ending: SegmentHash.Ending
    var id: UnsafeRawBufferPointer
    /// The file that mentioned it last.
    var file: Int32
    var sum: Double
  }

  private var entries: [Entry] = []
  /// An open-addressed table: a part of the hash above, an entry's number plus one below; 0 is empty.
  private var slots: [UInt64] = Array(repeating: 0, count: 1024)

  var count: Int { entries.count }

  mutating func reset() {
    entries.removeAll(keepingCapacity: true)
    slots.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Adds the ids of a file, best first, each with the weight of its rank.
  ///
  /// - Parameter weights: by rank; ranks beyond it have none and are not mentioned.
  /// - Throws: ``ByteReader/Fault`` for an id that the file has twice in the class.
  mutating func add(_ ids: SegmentIDs, file: Int32, _ weights: (Int) -> Double) throws(ByteReader.Fault) {
    var rank = 0
    for id in ids {
      if 2 * (entries.count + 1) > slots.count { grow() }
      let ending = SegmentHash.Ending(id)
      let hash = SegmentHash.of(id, ending)
      let found = slot(of: id, ending, hash)
      if let entry = found.entry {
        guard entries[entry].file != file else {
          let text = String(decoding: id.prefix(64), as: UTF8.self).printable
          throw .init(offset: 0, problem: "segment \(text) is there twice")
        }
        entries[entry].file = file
        entries[entry].sum += weights(rank)
      } else {
        slots[found.slot] = hash & ~0xffff_ffff | UInt64(entries.count + 1)
        entries.append(Entry(ending: ending, id: id, file: file, sum: weights(rank)))
      }
      rank += 1
    }
  }

  private func slot(
    of id: UnsafeRawBufferPointer, _ ending: SegmentHash.Ending, _ hash: UInt64
  ) -> (entry: Int?, slot: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let content = slots[slot]
      if (content ^ hash) >> 32 == 0 {
        let entry = Int(content & 0xffff_ffff) - 1
        if entries[entry].ending == ending, entries[entry].id.count == id.count,
          id.count <= 16 || SegmentHash.areEqual(entries[entry].id, id)
        {
          return (entry, slot)
        }
      }
      slot = (slot + 1) & mask
    }
    return (nil, slot)
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: 4 * slots.count)
    let mask = slots.count - 1
    for number in entries.indices {
      let hash = SegmentHash.of(entries[number].id, entries[number].ending)
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = hash & ~0xffff_ffff | UInt64(number + 1)
    }
  }

  /// Calls `body` with the best `limit` ids, best first; of equal ones the one mentioned first.
  func forEachBest(_ limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    // The bits of numbers from 0 on grow with them; the number of the mention below them decides ties.
    var order = entries.indices.map { number in
      (key: ~(entries[number].sum + 0).bitPattern, number: Int32(truncatingIfNeeded: number))
    }
    order.sort { $0.key != $1.key ? $0.key < $1.key : $0.number < $1.number }
    for place in order.prefix(limit) { try body(entries[Int(place.number)].id) }
  }
}

/// A hash of short strings, keyed anew in each process, so that no file can make them collide; nothing that is returned
/// depends on it.
///
/// The product of two keyed words, folded, for each 16 bytes.
enum SegmentHash {
  private static let keys = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

  @inline(__always)
  static func of(_ id: UnsafeRawBufferPointer, _ ending: Ending) -> UInt64 {
    let keys = keys
    var hash = keys.0 ^ UInt64(id.count)
    if id.count > 16, let base = id.baseAddress {
      for start in stride(from: 0, to: id.count - 16, by: 16) {
        hash = mixed(word(base + start) ^ hash, word(base + start + 8) ^ keys.1)
      }
    }
    return mixed(mixed(ending.low ^ hash, ending.high ^ keys.1), keys.0 | 1)
  }

  /// The last 1 to 16 bytes of an id as two words, which overlap where there are fewer than 16; with the number of bytes
  /// they tell all of them.
  struct Ending: Equatable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    init(_ id: UnsafeRawBufferPointer) {
      guard let base = id.baseAddress, !id.isEmpty else {
        (low, high) = (0, 0)
        return
      }
      let start = (id.count - 1) / 16 * 16
      let rest = id.count - start
      low = rest >= 8 ? word(base + start) : partial(base + start, rest)
      high = rest > 8 ? word(base + id.count - 8) : 0
    }
  }

  @inline(__always)
  private static func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  private static func word(_ place: UnsafeRawPointer) -> UInt64 { place.loadUnaligned(as: UInt64.self) }

  /// Fewer than eight bytes.
  @inline(__always)
  private static func partial(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value = value << 8 | UInt64(place.load(fromByteOffset: index, as: UInt8.self)) }
    return value
  }

  @inline(__always)
  static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count, let first = a.baseAddress, let second = b.baseAddress else {
      return a.count == b.count
    }
    var start = 0
    while a.count - start >= 8 {
      if word(first + start) != word(second + start) { return false }
      start += 8
    }
    return partial(first + start, a.count - start) == partial(second + start, a.count - start)
  }
}
