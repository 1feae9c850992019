import Bytes
import CKernel
import Glibc

/// The segments of one class and what several files' ranks say of them, reused from class to class.
///
/// Ids are not copied: they must stay where they are until ``reset()``. Memory: for each segment of the class that
/// has the most 48 to 96 bytes, 16 to 64 for the table, and some 40 for sorting.
struct SegmentSums: @unchecked Sendable {
  // Sendable holds because the ids are of mapped files, which nobody writes.

  /// What finding a segment reads: half a line of the cache.
  private struct Entry {
    /// The id's last bytes, which are all of most ids, so that comparing need not go to where it is.
    var ending: IDHash.Ending
    var sum: Double
    /// The file that mentioned it last.
    var file: Int32
    /// The low bits of how many bytes the id has.
    var length: UInt32
  }

  /// An id to be added and what follows from it.
  private struct Key {
    var id: UnsafeRawBufferPointer
    var ending: IDHash.Ending
    var hash: UInt64
    var length: UInt32
  }

  private var entries: [Entry] = []
  /// For each entry, where its id is.
  private var ids: [UnsafeRawBufferPointer] = []
  private(set) var count = 0
  /// An open-addressed table: a part of the hash above, an entry's number plus one below; 0 is empty.
  private var slots: [UInt64] = Array(repeating: 0, count: 1024)
  private var batch: [Key]
  private var order = RankOrder()
  private let hash = IDHash.shared

  /// Ids that are looked up at a time, so that the memory they need comes together: most of it is in no near cache.
  private static let batchSize = 32

  init() {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    batch = Array(
      repeating: Key(id: none, ending: IDHash.Ending(none), hash: 0, length: 0), count: SegmentSums.batchSize)
  }

  mutating func reset() {
    count = 0
    slots.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Adds the ids of a file, best first, each with the weight of its rank.
  ///
  /// - Throws: ``ByteReader/Fault`` for an id that the file has twice in the class.
  @inline(__always)
  mutating func add(_ ids: SegmentIDs, file: Int32, _ weight: (Int) -> Double) throws(ByteReader.Fault) {
    var ids = ids
    var rank = 0
    while case let taken = fill(&ids), taken > 0 {
      makeRoom(taken)
      if let repeated = addBatch(taken, file: file, { weight(rank + $0) }) {
        let text = String(decoding: batch[repeated].id.prefix(64), as: UTF8.self).printable
        throw .init(offset: 0, problem: "segment \(text) is there twice")
      }
      rank += taken
    }
  }

  /// Takes the next ids into the batch; returns how many.
  private mutating func fill(_ ids: inout SegmentIDs) -> Int {
    let hash = hash
    return batch.withUnsafeMutableBufferPointer { batch in
      var taken = 0
      while taken < batch.count, let id = ids.next() {
        let ending = IDHash.Ending(id)
        batch[taken] = Key(
          id: id, ending: ending, hash: hash(id, ending), length: UInt32(truncatingIfNeeded: id.count))
        taken += 1
      }
      return taken
    }
  }

  /// Adds the first `taken` ids of the batch, for which there is room.
  ///
  /// - Returns: the number in the batch of an id that the file has twice.
  @inline(__always)
  private mutating func addBatch(_ taken: Int, file: Int32, _ weight: (Int) -> Double) -> Int? {
    batch.withUnsafeBufferPointer { batch in
      slots.withUnsafeMutableBufferPointer { slots in
        entries.withUnsafeMutableBufferPointer { entries in
          ids.withUnsafeMutableBufferPointer { ids in
            SegmentSums.prefetch(batch, taken, slots, entries)
            let mask = slots.count - 1
            for number in 0..<taken {
              let key = batch[number]
              var slot = Int(truncatingIfNeeded: key.hash) & mask
              while true {
                let content = slots[slot]
                if content == 0 {
                  slots[slot] = key.hash & ~0xffff_ffff | UInt64(count + 1)
                  entries[count] = Entry(ending: key.ending, sum: weight(number), file: file, length: key.length)
                  ids[count] = key.id
                  count += 1
                  break
                }
                let entry = Int(content & 0xffff_ffff) - 1
                if (content ^ key.hash) >> 32 == 0, entries[entry].ending == key.ending,
                  entries[entry].length == key.length,
                  key.id.count <= 16 || SegmentSums.areEqual(ids[entry], key.id)
                {
                  if entries[entry].file == file { return number }
                  entries[entry].file = file
                  entries[entry].sum += weight(number)
                  break
                }
                slot = (slot + 1) & mask
              }
            }
            return nil
          }
        }
      }
    }
  }

  /// Asks for the slots of a batch, then for the entries that those name.
  @inline(__always)
  private static func prefetch(
    _ batch: UnsafeBufferPointer<Key>, _ taken: Int, _ slots: UnsafeMutableBufferPointer<UInt64>,
    _ entries: UnsafeMutableBufferPointer<Entry>
  ) {
    guard let table = slots.baseAddress, let first = entries.baseAddress else { return }
    let mask = slots.count - 1
    for number in 0..<taken { ck_prefetch(table + (Int(truncatingIfNeeded: batch[number].hash) & mask)) }
    for number in 0..<taken {
      let content = table[Int(truncatingIfNeeded: batch[number].hash) & mask]
      ck_prefetch(first + Int(content & 0xffff_ffff))
    }
  }

  private static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count, let first = a.baseAddress, let second = b.baseAddress else { return false }
    return memcmp(first, second, a.count) == 0
  }

  /// Makes room for `more` entries, with at least half of the slots empty.
  private mutating func makeRoom(_ more: Int) {
    let needed = count + more
    if needed > entries.count {
      let missing = max(1024, 2 * needed) - entries.count
      let none = UnsafeRawBufferPointer(start: nil, count: 0)
      let empty = Entry(ending: IDHash.Ending(none), sum: 0, file: 0, length: 0)
      entries.append(contentsOf: repeatElement(empty, count: missing))
      ids.append(contentsOf: repeatElement(none, count: missing))
    }
    guard 2 * needed > slots.count else { return }
    slots = Array(repeating: 0, count: 4 * slots.count)
    let mask = slots.count - 1
    for number in 0..<count {
      let hash = hash(ids[number], entries[number].ending)
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = hash & ~0xffff_ffff | UInt64(number + 1)
    }
  }

  /// Calls `body` with the best `limit` ids, best first; of equal ones the one mentioned first.
  mutating func forEachBest(_ limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    order.sort(count) { entries[$0].sum }
    for number in order.numbers.prefix(limit) { try body(ids[Int(number)]) }
  }
}
