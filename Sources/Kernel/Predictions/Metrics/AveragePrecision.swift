/// Average precision over one list of all predictions: global average precision when they are the best of each video
/// (specs: tm_google §5.4), average precision of a class when they are those of a class.
///
/// A workspace that is used again and again allocates nothing. Memory: 16 bytes for each prediction.
package struct AveragePrecision: Sendable {
  private var keys: [UInt32] = []
  private var wideKeys: [UInt64] = []
  /// Whether, in the list seen last, a hit and a miss had the same score, so that their order decided.
  package private(set) var hadMixedTies = false

  /// A workspace that takes lists of `capacity` without growing.
  package init(capacity: Int = 0) { keys = Array(repeating: 0, count: 2 * capacity) }

  /// Σ over the hits, best score first, of (hits so far / rank), divided by `positiveCount`; 0 when there are none.
  ///
  /// Equal scores keep the order of the list. Takes about 10 ns a prediction.
  ///
  /// - Parameters:
  ///   - scores: finite numbers.
  ///   - hits: for each score, whether the prediction is right.
  ///   - positiveCount: how many right ones there could be.
  package mutating func callAsFunction(
    _ scores: UnsafeBufferPointer<Float>, _ hits: UnsafeBufferPointer<Bool>, positiveCount: Int
  ) -> Double {
    let count = min(scores.count, hits.count)
    hadMixedTies = false
    guard count > 0, positiveCount > 0 else { return 0 }
    let found =
      scores.contains { $0 < 0 } ? sumOfAnyScores(scores, hits, count) : sumOfPositiveScores(scores, hits, count)
    hadMixedTies = found.hadMixedTies
    return found.sum / Double(positiveCount)
  }

  /// The same as the reference computes it: it pushes the predictions onto a heap in the order of the list, shuffles the
  /// heap's array and sorts that (specs: tm_google §5.3), which decides among equal scores.
  ///
  /// Only where a hit and a miss have the same score is all that done; it takes some 100 ns and 24 bytes a prediction.
  package mutating func reference(
    _ scores: UnsafeBufferPointer<Float>, _ hits: UnsafeBufferPointer<Bool>, positiveCount: Int
  ) -> Double {
    let plain = self(scores, hits, positiveCount: positiveCount)
    guard hadMixedTies else { return plain }
    let count = min(scores.count, hits.count)
    if wideKeys.count < 2 * count { wideKeys = Array(repeating: 0, count: 2 * count) }
    let precisions = wideKeys.withUnsafeMutableBufferPointer { keys -> Double in
      // Ordered as Python orders the pairs of score and actual.
      for index in 0..<count {
        keys[index] = UInt64(AveragePrecision.ascending(scores[index])) << 1 | (hits[index] ? 1 : 0)
      }
      PythonHeap.pushAll(UnsafeMutableBufferPointer(rebasing: keys[..<count]))
      for (place, from) in PythonShuffle.order(count).enumerated() {
        let key = keys[Int(from)]
        keys[count + place] = ~key & 0x1_ffff_fffe | key & 1
      }
      for place in 0..<count { keys[place] = keys[count + place] }
      return AveragePrecision.sumOfPrecisions(keys, count, digits: (1, 11), (12, 11), (23, 10)).sum
    }
    return precisions / Double(positiveCount)
  }

  /// Bits that grow with the number.
  @inline(__always)
  static func ascending(_ score: Float) -> UInt32 {
    // Adding zero makes -0 the same as 0.
    let bits = (score + 0).bitPattern
    return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
  }

  /// The bits of numbers from 0 on grow with them, and leave the sign's place free for the hit.
  private mutating func sumOfPositiveScores(
    _ scores: UnsafeBufferPointer<Float>, _ hits: UnsafeBufferPointer<Bool>, _ count: Int
  ) -> Sum {
    if keys.count < 2 * count { keys = Array(repeating: 0, count: 2 * count) }
    return keys.withUnsafeMutableBufferPointer { keys in
      for index in 0..<count {
        // Descending; adding zero makes -0 the same as 0.
        let bits = ~(scores[index] + 0).bitPattern
        keys[index] = bits << 1 | (hits[index] ? 1 : 0)
      }
      return AveragePrecision.sumOfPrecisions(keys, count, digits: (1, 11), (12, 10), (22, 10))
    }
  }

  private mutating func sumOfAnyScores(
    _ scores: UnsafeBufferPointer<Float>, _ hits: UnsafeBufferPointer<Bool>, _ count: Int
  ) -> Sum {
    if wideKeys.count < 2 * count { wideKeys = Array(repeating: 0, count: 2 * count) }
    return wideKeys.withUnsafeMutableBufferPointer { keys in
      for index in 0..<count {
        keys[index] = UInt64(~AveragePrecision.ascending(scores[index])) << 1 | (hits[index] ? 1 : 0)
      }
      return AveragePrecision.sumOfPrecisions(keys, count, digits: (1, 11), (12, 11), (23, 10))
    }
  }

  private typealias Sum = (sum: Double, hadMixedTies: Bool)

  /// A place of a key: its lowest bit, and how many bits it has.
  private typealias Digit = (shift: Int, width: Int)

  /// Sorts the first `count` keys, least digit first, with the other half of `keys` as scratch, and goes over the hits.
  @inline(__always)
  private static func sumOfPrecisions<Key: FixedWidthInteger & UnsignedInteger>(
    _ keys: UnsafeMutableBufferPointer<Key>, _ count: Int, digits first: Digit, _ second: Digit, _ third: Digit
  ) -> Sum {
    guard let start = keys.baseAddress else { return (0, false) }
    var from = start
    var to = start + count
    for digit in [first, second, third] where sort(from, to, count, digit) { swap(&from, &to) }
    var hitCount = 0
    var sum = 0.0
    for index in 0..<count where from[index] & 1 == 1 {
      hitCount += 1
      sum += Double(hitCount) / Double(index + 1)
    }
    var hadMixedTies = false
    for index in 1..<max(count, 1) { hadMixedTies = hadMixedTies || from[index] ^ from[index - 1] == 1 }
    return (sum, hadMixedTies)
  }

  /// Sorts by one digit into `to`, keeping the order of equal ones; does nothing, and says so, when all are equal.
  @inline(__always)
  private static func sort<Key: FixedWidthInteger & UnsignedInteger>(
    _ from: UnsafeMutablePointer<Key>, _ to: UnsafeMutablePointer<Key>, _ count: Int, _ digit: Digit
  ) -> Bool {
    let mask = Key(1) << Key(digit.width) - 1
    let shift = Key(digit.shift)
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: 1 << digit.width) { places in
      places.initialize(repeating: 0)
      for index in 0..<count { places[Int(truncatingIfNeeded: from[index] >> shift & mask)] += 1 }
      var sum = 0
      for value in places.indices {
        let next = sum + places[value]
        if places[value] == count { return false }
        places[value] = sum
        sum = next
      }
      for index in 0..<count {
        let key = from[index]
        let value = Int(truncatingIfNeeded: key >> shift & mask)
        to[places[value]] = key
        places[value] &+= 1
      }
      return true
    }
  }
}
