/// MT19937 (Matsumoto, Nishimura 1998), seeded and used as numpy's `RandomState` does it, so that what it decides can
/// be recomputed there.
package struct MersenneTwister: Sendable {
  private var state: [UInt32]
  private var position: Int

  private static let size = 624
  private static let shift = 397

  /// As `numpy.random.RandomState(seed)`.
  package init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: MersenneTwister.size)
    for index in 1..<MersenneTwister.size {
      let previous = state[index - 1]
      state[index] = 1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(index)
    }
    position = MersenneTwister.size
  }

  /// As Python's `random.seed` for a number of 32 bits: Matsumoto and Nishimura's initialization by an array, of which
  /// that number is the only element.
  package init(pythonSeed seed: UInt32) {
    self.init(seed: 19_650_218)
    let size = MersenneTwister.size
    var index = 1
    func mix(_ factor: UInt32) -> UInt32 {
      let previous = state[index - 1]
      return state[index] ^ (previous ^ previous >> 30) &* factor
    }
    func advance() {
      index += 1
      if index == size {
        state[0] = state[size - 1]
        index = 1
      }
    }
    for _ in 0..<size {
      state[index] = mix(1_664_525) &+ seed
      advance()
    }
    for _ in 0..<size - 1 {
      state[index] = mix(1_566_083_941) &- UInt32(index)
      advance()
    }
    state[0] = 0x8000_0000
  }

  /// The next 32 bits.
  package mutating func next() -> UInt32 {
    if position == MersenneTwister.size { twist() }
    var y = state[position]
    position += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9d2c_5680
    y ^= y << 15 & 0xefc6_0000
    return y ^ y >> 18
  }

  private mutating func twist() {
    let size = MersenneTwister.size
    for index in 0..<size {
      let y = state[index] & 0x8000_0000 | state[(index + 1) % size] & 0x7fff_ffff
      state[index] = state[(index + MersenneTwister.shift) % size] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
    }
    position = 0
  }

  /// A number from 0 through `limit`, each equally likely: draws cut to as many bits as `limit` has, until one fits.
  package mutating func upTo(_ limit: UInt32) -> UInt32 {
    guard limit > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(limit.leadingZeroBitCount)
    while true {
      let draw = next() & mask
      if draw <= limit { return draw }
    }
  }

  /// A number in 0..<1 of 53 random bits, as `random_sample()`.
  package mutating func uniform() -> Double {
    let high = Double(next() >> 5)
    let low = Double(next() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /// The numbers below `count` in an order of which all are equally likely, as `permutation(count)`.
  ///
  /// Memory: 4 bytes a number.
  package mutating func permutation(_ count: UInt32) -> [UInt32] {
    var numbers = Array(0..<count)
    guard count > 1 else { return numbers }
    for last in (1..<numbers.count).reversed() {
      numbers.swapAt(last, Int(upTo(UInt32(last))))
    }
    return numbers
  }
}
