import Glibc

/// Philox-4x32-10: a random number for each number of a counter (Salmon et al. 2011, "Parallel random numbers: as easy
/// as 1, 2, 3"), keyed and counted as TensorFlow does (specs: fixtures of the exported graphs).
struct Philox {
  private let key: SIMD2<UInt32>
  /// The upper half of the counter; the lower half is the block.
  private let stream: UInt64

  init(seed: UInt64, stream: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = stream
  }

  /// Four random words, for the block of that number.
  func block(_ number: UInt64) -> SIMD4<UInt32> {
    var (c0, c1) = (UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32))
    var (c2, c3) = (UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let first = UInt64(0xD251_1F53) &* UInt64(c0)
      let second = UInt64(0xCD9E_8D57) &* UInt64(c2)
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }

  /// A float32 in [0, 1) from the low 23 bits.
  static func unit(_ word: UInt32) -> Float { Float(bitPattern: 0x3f80_0000 | word & 0x7f_ffff) - 1 }

  /// Two independent normal numbers of two words, by Box and Muller's transform; the angle is rounded once, as
  /// TensorFlow's is.
  static func normals(_ first: UInt32, _ second: UInt32) -> (Float, Float) {
    let radius = (-2 * log(max(unit(first), 1e-7))).squareRoot()
    let angle = Float(2 * Double.pi * Double(unit(second)))
    return (radius * sin(angle), radius * cos(angle))
  }
}
