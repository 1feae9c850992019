/// Eight characters of a text in a word, the first one in its lowest bits, so that digits are counted, read and
/// written together, without a branch for each.
@usableFromInline package enum DigitWord {
  /// The eight characters at `place`.
  @inlinable @inline(__always)
  package static func load(_ place: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
  }

  /// How many digits come before the first other character; 8 when there is none.
  @inlinable @inline(__always)
  package static func digitCount(_ word: UInt64) -> Int {
    // A digit's upper half is 3, and it still is when 6 is added. A sum that carries spoils only characters behind.
    let high: UInt64 = 0xf0f0_f0f0_f0f0_f0f0
    let threes: UInt64 = 0x3030_3030_3030_3030
    let others = (word & high ^ threes) | ((word &+ 0x0606_0606_0606_0606) & high ^ threes)
    return others.trailingZeroBitCount / 8
  }

  /// The number that the first `count` characters are, 1 to 8 digits.
  ///
  /// Neighbours are put together three times: digits to pairs, pairs to fours, those to all.
  @inlinable @inline(__always)
  package static func value(_ word: UInt64, _ count: Int) -> UInt64 {
    // Zeros come in front.
    let digits = (word & 0x0f0f_0f0f_0f0f_0f0f) &<< UInt64(truncatingIfNeeded: 64 - 8 * count)
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00ff_00ff_00ff_00ff
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_ffff_0000_ffff
    return (fours &* 10_000 &+ fours >> 32) & 0xffff_ffff
  }

  /// The eight digits of a number below 10⁸, each in a byte, the first in the lowest one.
  ///
  /// The number is taken apart three times, as ``value(_:_:)`` puts it together, with quotients by multiplication
  /// (Granlund and Montgomery 1994).
  @inline(__always)
  static func digits(_ value: UInt64) -> UInt64 {
    let high = value / 10_000
    let fours = high | (value &- high &* 10_000) << 32
    // Exact for what is below 10,000, and for what is below 100.
    let hundreds = (fours &* 5243) >> 19 & 0x0000_007f_0000_007f
    let pairs = hundreds | (fours &- hundreds &* 100) << 16
    let tens = (pairs &* 103) >> 10 & 0x000f_000f_000f_000f
    return tens | (pairs &- tens &* 10) << 8
  }

  /// The characters of digits.
  @inline(__always)
  static func text(_ digits: UInt64) -> UInt64 { digits | 0x3030_3030_3030_3030 }
}
