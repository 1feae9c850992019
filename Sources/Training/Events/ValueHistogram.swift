import Bytes

/// How many of some numbers lie where, in the buckets that TensorFlow's summaries have: their limits grow by a tenth
/// from 1e-12 up to 1e20, on both sides of zero (tensorflow/core/lib/histogram, `InitDefaultBuckets`).
///
/// Numbers that are not finite are not counted. Memory: 12 KiB for each thread.
package struct ValueHistogram: Sendable {
  /// The least and the largest number; as TensorFlow has it, the other way round when there are none.
  package private(set) var min = Double.greatestFiniteMagnitude
  package private(set) var max = -Double.greatestFiniteMagnitude
  package private(set) var count = 0
  package private(set) var sum = 0.0
  package private(set) var sumOfSquares = 0.0
  private var counts = [Int](repeating: 0, count: limits.count)

  /// Counts `values`, in parts that do not depend on the number of threads.
  package init(_ values: UnsafeBufferPointer<Float>, _ workers: Workers) throws {
    let blockSize = 1 << 20
    let source = Values(values: values)
    let parts = try workers.map((values.count + blockSize - 1) / blockSize) { block in
      var part = ValueHistogram()
      let range = block * blockSize..<Swift.min((block + 1) * blockSize, source.values.count)
      for value in source.values[range] where value.isFinite { part.add(Double(value)) }
      return part
    }
    self.init()
    for part in parts { add(part) }
  }

  private init() {}

  /// Read by several threads while the caller waits for them.
  private struct Values: @unchecked Sendable { let values: UnsafeBufferPointer<Float> }

  private mutating func add(_ value: Double) {
    counts[ValueHistogram.bucket(of: value)] += 1
    min = Swift.min(min, value)
    max = Swift.max(max, value)
    count += 1
    sum += value
    sumOfSquares += value * value
  }

  private mutating func add(_ other: ValueHistogram) {
    for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
    min = Swift.min(min, other.min)
    max = Swift.max(max, other.max)
    count += other.count
    sum += other.sum
    sumOfSquares += other.sumOfSquares
  }

  /// The buckets as summaries store them: each has the numbers below its limit that the one before does not have; empty
  /// ones in a row are one.
  package var buckets: [(limit: Double, count: Int)] {
    var buckets: [(limit: Double, count: Int)] = []
    for (bucket, count) in counts.enumerated() {
      if count == 0, let last = buckets.last, last.count == 0 { buckets.removeLast() }
      buckets.append((ValueHistogram.limits[bucket], count))
    }
    return buckets
  }

  /// The first bucket whose limit is greater than `value`.
  private static func bucket(of value: Double) -> Int {
    var (low, high) = (0, limits.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if limits[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static let limits: [Double] = {
    var positive: [Double] = []
    var limit = 1e-12
    while limit < 1e20 {
      positive.append(limit)
      limit *= 1.1
    }
    positive.append(.greatestFiniteMagnitude)
    return positive.reversed().map { -$0 } + [0] + positive
  }()
}
