/// Integers that are nearly Gaussian, many at a time, from a key: the sum of four random bytes (Irwin and Hall), less
/// its mean. Integer arithmetic only, so that every machine gives the same.
struct NoiseSource {
  /// The states of 16 interleaved xorshift generators (Marsaglia 2003), which one instruction can step together.
  private let lanes: UnsafeMutablePointer<UInt64>
  private let bits: UnsafeMutablePointer<UInt64>
  private let capacity: Int

  private static let laneCount = 16
  /// Values that one step of all lanes makes.
  private static let stepSize = 32

  /// The standard deviation of the values is `sqrt(4 * (256² - 1) / 12)` = 147.8.
  static let standardDeviation = 148
  /// Values are shifted left by this, so that they fill 16 bits.
  static let shift = 6

  /// - Parameter capacity: the most values that are asked for at a time.
  init(capacity: Int) {
    self.capacity = (capacity + NoiseSource.stepSize - 1) / NoiseSource.stepSize * NoiseSource.stepSize
    lanes = .allocate(capacity: NoiseSource.laneCount)
    lanes.initialize(repeating: 1, count: NoiseSource.laneCount)
    bits = .allocate(capacity: self.capacity / 2)
    bits.initialize(repeating: 0, count: self.capacity / 2)
  }

  func deallocate() {
    lanes.deallocate()
    bits.deallocate()
  }

  /// Starts the sequence that belongs to `index` in the sequences of `seed` and `domain`.
  func start(seed: UInt64, domain: UInt64, index: UInt64) {
    var seeds = SplitMix64(seed: seed, domain: domain, index: index)
    // A lane of zeros would stay so.
    for lane in 0..<NoiseSource.laneCount { lanes[lane] = seeds.next() | 1 }
  }

  /// The next `count` values as pairs of 16-bit numbers, whose four bytes are to be added up.
  @inline(__always)
  func nextBits(_ count: Int) -> (UnsafePointer<UInt16>, UnsafePointer<UInt16>) {
    precondition(count <= capacity, "more noise than room")
    let steps = (count + NoiseSource.stepSize - 1) / NoiseSource.stepSize
    for step in 0..<steps {
      let out = bits + step * NoiseSource.laneCount
      for lane in 0..<NoiseSource.laneCount {
        var state = lanes[lane]
        state ^= state &<< 13
        state ^= state &>> 7
        state ^= state &<< 17
        lanes[lane] = state
        out[lane] = state
      }
    }
    let words = UnsafeRawPointer(bits).assumingMemoryBound(to: UInt16.self)
    return (words, words + steps * NoiseSource.stepSize)
  }

  /// Calls `body` with each of the next `count` values, scaled to fill 16 bits.
  @inline(__always)
  func next(_ count: Int, _ body: (_ index: Int, _ value: Int16) -> Void) {
    let (a, b) = nextBits(count)
    for index in 0..<count { body(index, NoiseSource.value(a[index], b[index])) }
  }

  @inline(__always)
  static func value(_ a: UInt16, _ b: UInt16) -> Int16 {
    let sum = (a & 0xff) &+ (a &>> 8) &+ (b & 0xff) &+ (b &>> 8)
    return (Int16(truncatingIfNeeded: sum) &- 510) &<< 6
  }
}
