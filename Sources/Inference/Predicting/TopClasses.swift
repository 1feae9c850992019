/// The classes with the largest scores of a row, best first; of equal scores the smaller class comes first.
///
/// (The reference takes what `numpy.argpartition` happens to take of equal ones.) Used again and again it allocates
/// nothing. Memory: 16 bytes a class that is wanted.
package struct TopClasses: Sendable {
  package private(set) var labels: [Int32] = []
  package private(set) var scores: [Float] = []
  /// The best so far, ascending: the complement of a score's ordered bits above, the class below.
  private var keys: [UInt64] = []

  package init() {}

  /// Finds the `limit` best of `row`, or all when there are fewer.
  ///
  /// - Parameter row: finite numbers, fewer than 2³¹.
  package mutating func select(_ limit: Int, of row: UnsafeBufferPointer<Float>) {
    labels.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    let count = min(limit, row.count)
    guard count > 0 else { return }
    if keys.count < count { keys = Array(repeating: 0, count: count) }
    keys.withUnsafeMutableBufferPointer { keys in
      var used = 0
      var least = -Float.infinity
      for (label, score) in row.enumerated() {
        // A later class must be better than the last one to take its place.
        if used == count, !(score > least) { continue }
        let key = TopClasses.key(score, label)
        var place = used < count ? used : used - 1
        used = max(used, place + 1)
        while place > 0, keys[place - 1] > key {
          keys[place] = keys[place - 1]
          place -= 1
        }
        keys[place] = key
        least = row[TopClasses.label(keys[used - 1])]
      }
    }
    for key in keys.prefix(count) {
      let label = TopClasses.label(key)
      labels.append(Int32(truncatingIfNeeded: label))
      scores.append(row[label])
    }
  }

  private static func key(_ score: Float, _ label: Int) -> UInt64 {
    // Bits that grow with the number; adding zero makes -0 the same as 0.
    let bits = (score + 0).bitPattern
    let ascending = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
    return UInt64(~ascending) << 32 | UInt64(truncatingIfNeeded: label)
  }

  private static func label(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key & 0xffff_ffff) }
}
