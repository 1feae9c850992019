/// Powers of ten that binary numbers hold exactly.
enum PowersOfTen {
  /// 10⁰ to 10²², the largest that a double holds.
  static let doubles: [Double] = powers(upTo: 22)
  /// 10⁰ to 10¹⁹, the largest that 64 bits hold.
  static let integers: [UInt64] = powers(upTo: 19)

  #if arch(x86_64)
    /// 10⁰ to 10²⁷, the largest that the 64-bit significand of the x87's numbers holds.
    static let extended: [Float80] = powers(upTo: 27)
  #endif

  private static func powers<Number: Numeric>(upTo last: Int) -> [Number] {
    var powers: [Number] = [1]
    for _ in 0..<last { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }
}
