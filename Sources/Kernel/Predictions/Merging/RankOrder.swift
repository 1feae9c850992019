/// The order of many scores, best first, reused from one list to the next.
///
/// Memory: 32 bytes a score of the longest list.
struct RankOrder: Sendable {
  private struct Item {
    /// Ascending where the scores descend.
    var key: UInt64
    var number: Int32
  }

  private var items: [Item] = []
  private var others: [Item] = []
  private var count = 0

  /// The numbers of the scores, best first; of equal ones the smaller number.
  var numbers: some Collection<Int32> { items[..<count].lazy.map(\.number) }

  private static let digitBits: UInt64 = 11
  /// The sign, the exponent and 21 bits of the fraction: three digits, which tell nearly all scores apart.
  private static let coarseShift: UInt64 = 64 - 3 * digitBits

  /// Sorts scores from 0 on: by their leading bits in three passes, then the few that those do not tell apart.
  @inline(__always)
  mutating func sort(_ count: Int, _ score: (Int) -> Double) {
    self.count = count
    if items.count < count {
      items = Array(repeating: Item(key: 0, number: 0), count: count + count / 4)
      others = items
    }
    items.withUnsafeMutableBufferPointer { items in
      for number in 0..<count {
        // The bits of numbers from 0 on grow with them; adding 0 makes one zero of both.
        items[number] = Item(key: ~(score(number) + 0).bitPattern, number: Int32(truncatingIfNeeded: number))
      }
    }
    for pass in 0..<UInt64(3) { distribute(RankOrder.coarseShift + pass * RankOrder.digitBits) }
    sortRuns()
  }

  /// Orders by one digit of the key, keeping the order of equals.
  private mutating func distribute(_ shift: UInt64) {
    let (count, mask) = (count, UInt64(1) << RankOrder.digitBits - 1)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 1 << Int(RankOrder.digitBits)) { places in
      places.initialize(repeating: 0)
      items.withUnsafeBufferPointer { items in
        others.withUnsafeMutableBufferPointer { others in
          for index in 0..<count { places[Int(items[index].key >> shift & mask)] += 1 }
          var end = 0
          for digit in places.indices {
            end += places[digit]
            places[digit] = end - places[digit]
          }
          for index in 0..<count {
            let digit = Int(items[index].key >> shift & mask)
            others[places[digit]] = items[index]
            places[digit] += 1
          }
        }
      }
    }
    swap(&items, &others)
  }

  /// Orders what has the same leading bits.
  private mutating func sortRuns() {
    let count = count
    items.withUnsafeMutableBufferPointer { items in
      var start = 0
      while start < count {
        let coarse = items[start].key >> RankOrder.coarseShift
        var end = start + 1
        var isSorted = true
        while end < count, items[end].key >> RankOrder.coarseShift == coarse {
          isSorted = isSorted && items[end - 1].key <= items[end].key
          end += 1
        }
        if !isSorted {
          items[start..<end].sort { $0.key != $1.key ? $0.key < $1.key : $0.number < $1.number }
        }
        start = end
      }
    }
  }
}
