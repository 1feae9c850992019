/// Count, mean, spread and extremes of numbers, which can be merged: in the same order, to the same bits.
package struct NumberMoments: Sendable, Equatable {
  package private(set) var count = 0
  package private(set) var mean = 0.0
  package private(set) var minimum = Double.infinity
  package private(set) var maximum = -Double.infinity
  /// Sum of squared differences from the mean.
  private var spread = 0.0

  package init() {}

  /// Adds `times` equal finite numbers.
  mutating func add(_ value: Double, times: Int = 1) {
    guard times > 0 else { return }
    var other = NumberMoments()
    (other.count, other.mean, other.minimum, other.maximum) = (times, value, value, value)
    add(other)
  }

  /// Adds the numbers that `other` is of (Chan, Golub, LeVeque 1979).
  mutating func add(_ other: NumberMoments) {
    guard other.count > 0 else { return }
    let total = Double(count + other.count)
    let difference = other.mean - mean
    mean += difference * (Double(other.count) / total)
    spread += other.spread + difference * difference * (Double(count) * Double(other.count) / total)
    count += other.count
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// The moments of finite numbers, by two passes.
  init(_ values: UnsafeBufferPointer<Float>) {
    guard !values.isEmpty else { return }
    count = values.count
    for value in values {
      mean += Double(value)
      minimum = min(minimum, Double(value))
      maximum = max(maximum, Double(value))
    }
    mean /= Double(count)
    for value in values { spread += (Double(value) - mean) * (Double(value) - mean) }
  }

  /// The root of the mean squared difference from the mean; `nil` of no numbers.
  package var deviation: Double? { count > 0 ? (spread / Double(count)).squareRoot() : nil }
}

/// How many numbers lie in each of several equal intervals.
package struct Histogram: Sendable, Equatable {
  /// Where the first interval begins and the last ends.
  package let range: ClosedRange<Double>
  package fileprivate(set) var counts: [Int]
  /// Numbers below the range, and above it.
  package private(set) var below = 0
  package private(set) var above = 0

  package init(_ range: ClosedRange<Double>, bins: Int) {
    self.range = range
    counts = Array(repeating: 0, count: max(1, bins))
  }

  /// Counts a number that is not NaN; the end of the range belongs to the last interval.
  mutating func add(_ value: Double) {
    if value < range.lowerBound { return below += 1 }
    if value > range.upperBound { return above += 1 }
    let place = (value - range.lowerBound) / (range.upperBound - range.lowerBound) * Double(counts.count)
    counts[min(Int(place), counts.count - 1)] += 1
  }

  /// Adds the counts of `other`, which has the same intervals.
  mutating func add(_ other: Histogram) {
    precondition(range == other.range && counts.count == other.counts.count, "histograms of other intervals")
    for index in counts.indices { counts[index] += other.counts[index] }
    below += other.below
    above += other.above
  }

  /// The histogram of quantized numbers, from how often each byte occurs: every byte fills its cell of the scale.
  init(bytes: [Int], bins: Int) {
    let cell = 4.0 / 255
    self.init(-2...(-2 + 256 * cell), bins: min(bins, 256))
    for (byte, count) in bytes.enumerated() { counts[byte * counts.count / 256] += count }
  }

  /// The middles of the intervals.
  package var centers: [Double] {
    let width = (range.upperBound - range.lowerBound) / Double(counts.count)
    return counts.indices.map { range.lowerBound + (Double($0) + 0.5) * width }
  }
}

/// How often each of some whole numbers occurs.
package struct Distribution: Sendable, Equatable {
  private var occurrences: [Int: Int] = [:]
  package private(set) var count = 0

  package init() {}

  mutating func add(_ value: Int, times: Int = 1) {
    occurrences[value, default: 0] += times
    count += times
  }

  mutating func add(_ other: Distribution) { for (value, times) in other.occurrences { add(value, times: times) } }

  package var isEmpty: Bool { count == 0 }

  /// The values in their order, and how often each occurs.
  package var sorted: [(value: Int, count: Int)] {
    occurrences.sorted { $0.key < $1.key }.map { (value: $0.key, count: $0.value) }
  }

  package var mean: Double {
    let sum = sorted.reduce(0.0) { $0 + Double($1.value) * Double($1.count) }
    return count > 0 ? sum / Double(count) : 0
  }

  /// The least value that at least half of all do not exceed; `nil` when there is none.
  package var median: Int? {
    var seen = 0
    return sorted.first { entry in
      seen += entry.count
      return 2 * seen >= count
    }?.value
  }
}
