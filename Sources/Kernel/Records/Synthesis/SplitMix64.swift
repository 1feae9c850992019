/// SplitMix64 (Steele, Lea, Flood 2014): random numbers from a key, the same on every machine.
package struct SplitMix64: Sendable {
  private var state: UInt64

  /// The sequence of `key`; keys that differ in any bit give unrelated sequences.
  package init(key: UInt64) { state = key }

  /// The sequence that belongs to `index` in the sequences of `seed` and `domain`.
  package init(seed: UInt64, domain: UInt64, index: UInt64) {
    state = SplitMix64.mixed(SplitMix64.mixed(SplitMix64.mixed(seed &+ gamma) &+ domain) ^ index)
  }

  package mutating func next() -> UInt64 {
    state &+= gamma
    return SplitMix64.mixed(state)
  }

  /// A number from 0 up to, and without, `bound`, which is positive. (The bias is below 2^-40 for bounds below 2^24.)
  package mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// Whether something happens that does so in `numerator` of `denominator` cases.
  package mutating func happens(_ numerator: Int, in denominator: Int) -> Bool {
    next(below: denominator) < numerator
  }

  /// A permutation of the 64-bit numbers without visible structure: the generator's last step.
  package static func mixed(_ number: UInt64) -> UInt64 {
    var z = number
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

private let gamma: UInt64 = 0x9e37_79b9_7f4a_7c15
