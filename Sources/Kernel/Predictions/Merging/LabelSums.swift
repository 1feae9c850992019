import Bytes

/// The labels of one video and what several files say of them, reused from video to video so that nothing is allocated.
///
/// Memory: 72 to 112 bytes a label of the longest row.
struct LabelSums {
  struct Entry {
    var label: Int32
    /// The file that mentioned it last.
    var file: Int32
    /// Σ w·t over the files that have it, t the transformed score.
    var sum: Double
    /// Σ w over those files.
    var weight: Double
    /// Σ s over those files, s the score itself.
    var plain: Double
    var fileCount: Double
  }

  private var entries: [Entry] = []
  private(set) var count = 0
  /// An open-addressed table: the upper half tells whether it is of this video, the lower is an entry's number.
  private var slots: [UInt64] = []
  private var stamp: UInt64 = 0
  /// Odd, and another one in each process, so that no file can make labels collide; nothing returned depends on it.
  private static let multiplier = UInt64.random(in: .min ... .max) | 1

  /// Forgets all labels.
  mutating func reset() {
    count = 0
    stamp &+= 1
    if stamp >> 32 != 0 {
      stamp = 1
      for index in slots.indices { slots[index] = 0 }
    }
  }

  /// Adds one file's scores.
  ///
  /// - Returns: a label that the file has twice, if `file` is not to have any twice.
  mutating func add(
    _ labels: UnsafeBufferPointer<Int32>, _ scores: UnsafePointer<Double>, _ values: UnsafePointer<Double>,
    weight: Double, file: Int32, allowsRepetition: Bool
  ) -> Int32? {
    makeRoom(labels.count)
    let mask = slots.count - 1
    let shift = UInt64(slots.count.leadingZeroBitCount + 1)
    let mark = stamp << 32
    var used = count
    var repeated: Int32?
    entries.withUnsafeMutableBufferPointer { entries in
      slots.withUnsafeMutableBufferPointer { slots in
        for index in labels.indices {
          let label = labels[index]
          let hash = UInt64(UInt32(bitPattern: label)) &* LabelSums.multiplier
          var slot = Int(truncatingIfNeeded: hash >> shift)
          while true {
            let content = slots[slot]
            if content & ~0xffff_ffff != mark {
              slots[slot] = mark | UInt64(used)
              entries[used] = Entry(
                label: label, file: file, sum: weight * values[index], weight: weight, plain: scores[index],
                fileCount: 1)
              used += 1
              break
            }
            let entry = Int(content & 0xffff_ffff)
            if entries[entry].label == label {
              if entries[entry].file == file {
                if !allowsRepetition { repeated = label }
              } else {
                entries[entry].weight += weight
                entries[entry].plain += scores[index]
                entries[entry].fileCount += 1
                entries[entry].file = file
              }
              entries[entry].sum += weight * values[index]
              break
            }
            slot = (slot + 1) & mask
          }
        }
      }
    }
    count = used
    return repeated
  }

  private mutating func makeRoom(_ more: Int) {
    let needed = count + more
    if needed > entries.count {
      let empty = Entry(label: 0, file: 0, sum: 0, weight: 0, plain: 0, fileCount: 0)
      entries += Array(repeating: empty, count: max(128, 2 * needed) - entries.count)
    }
    guard 2 * needed > slots.count else { return }
    var size = 256
    while size < 2 * needed { size *= 2 }
    slots = Array(repeating: 0, count: size)
    if stamp == 0 { stamp = 1 }
    let shift = UInt64(size.leadingZeroBitCount + 1)
    for index in 0..<count {
      let hash = UInt64(UInt32(bitPattern: entries[index].label)) &* LabelSums.multiplier
      var slot = Int(truncatingIfNeeded: hash >> shift)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = stamp << 32 | UInt64(index)
    }
  }

  /// Calls `body` with all labels, in the order of first mention.
  @inline(__always)
  func withEntries<R>(_ body: (UnsafeBufferPointer<Entry>) throws -> R) rethrows -> R {
    try entries.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[..<count])) }
  }
}
