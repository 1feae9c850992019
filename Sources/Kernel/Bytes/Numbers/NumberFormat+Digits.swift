/// Numbers of the usual size, which need no help of the C library.
extension NumberFormat {
  static func writeSignificant(_ value: Double, _ count: Int, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    var end = 0
    if value.sign == .minus, !value.isNaN {
      out[0] = UInt8(ascii: "-")
      end = 1
    }
    if value == 0 {
      out[end] = UInt8(ascii: "0")
      return end + 1
    }
    guard let (digits, exponent) = significantDigits(value.magnitude, count) else {
      return writeSlowly(value, count, "%.*g", out)
    }
    if count <= 8, (-4..<0).contains(exponent) { return end + putFraction(digits, exponent, count, out + end) }
    return digits.withDigits(count) { digits in
      var used = count
      while used > 1, digits[used - 1] == UInt8(ascii: "0") { used -= 1 }
      return end + put(digits, used, exponent, count, out + end)
    }
  }

  /// Lays out `used` digits of which the first stands for 10^exponent, as `%g` (C17 §7.21.6.1).
  private static func put(
    _ digits: UnsafePointer<UInt8>, _ used: Int, _ exponent: Int, _ precision: Int,
    _ out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var end = 0
    func append(_ byte: UInt8) {
      out[end] = byte
      end += 1
    }
    func append(_ range: Range<Int>) {
      for index in range { append(index < used ? digits[index] : UInt8(ascii: "0")) }
    }
    if exponent >= precision || exponent < -4 {
      append(0..<1)
      if used > 1 {
        append(UInt8(ascii: "."))
        append(1..<used)
      }
      append(UInt8(ascii: "e"))
      append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      // The numbers that come here have exponents of two digits.
      let magnitude = UInt8(truncatingIfNeeded: exponent.magnitude)
      append(UInt8(ascii: "0") + magnitude / 10)
      append(UInt8(ascii: "0") + magnitude % 10)
    } else if exponent >= 0 {
      append(0..<(exponent + 1))
      if used > exponent + 1 {
        append(UInt8(ascii: "."))
        append((exponent + 1)..<used)
      }
    } else {
      append(UInt8(ascii: "0"))
      append(UInt8(ascii: "."))
      for _ in 1..<(-exponent) { append(UInt8(ascii: "0")) }
      append(0..<used)
    }
    return end
  }

  /// Lays out at most eight digits of a number below 1, as `%g` does where it takes no exponent: a word at a time.
  @inline(__always)
  private static func putFraction(
    _ digits: UInt64, _ exponent: Int, _ count: Int, _ out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let zeros = "0.000000" as StaticString
    let text = UnsafeMutableRawPointer(out)
    text.copyMemory(from: zeros.utf8Start, byteCount: 8)
    let word = DigitWord.digits(digits &* PowersOfTen.integers[8 - count])
    (text + 1 - exponent).storeBytes(of: DigitWord.text(word).littleEndian, as: UInt64.self)
    // Zeros at the end are zero bytes at the top.
    return 9 - exponent - word.leadingZeroBitCount / 8
  }

  static func writeFixed(_ value: Double, _ count: Int, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    guard value.magnitude < 1e15, let number = scaled(value.magnitude, by: count),
      number < 1_000_000_000_000_000_000
    else { return writeSlowly(value, count, "%.*f", out) }
    var end = 0
    func append(_ byte: UInt8) {
      out[end] = byte
      end += 1
    }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    let (whole, fraction) = number.quotientAndRemainder(dividingBy: PowersOfTen.integers[count])
    whole.withDigits(whole.digitCount) { digits in
      for index in 0..<whole.digitCount { append(digits[index]) }
    }
    guard count > 0 else { return end }
    append(UInt8(ascii: "."))
    fraction.withDigits(count) { digits in for index in 0..<count { append(digits[index]) } }
    return end
  }

  /// The `count` first digits of a positive number, rounded, and the power of ten that the first stands for.
  ///
  /// - Returns: `nil` when the number is not of the usual size.
  private static func significantDigits(_ value: Double, _ count: Int) -> (digits: UInt64, exponent: Int)? {
    guard value >= 1e-22, value < 1e17 else { return nil }
    // floor(log10(2^e)) for |e| ≤ 100: right or one too small.
    let binary = Int(value.bitPattern >> 52) - 1023
    var exponent = (binary * 78913) >> 18
    // Where the power is no double, the one nearest to it rounds to the same digits as the power.
    exponent += value >= PowersOfTen.all[exponent + 24] ? 1 : 0
    guard let digits = scaled(value, by: count - 1 - exponent) else { return nil }
    // 9.999996 has become 10.
    if digits >= PowersOfTen.integers[count] { return (digits / 10, exponent + 1) }
    return digits >= PowersOfTen.integers[count - 1] ? (digits, exponent) : nil
  }

  /// `value`·10^power as the nearest integer, ties to even, by exact arithmetic; `nil` where 128 bits are too few for it
  /// or it exceeds 64.
  @inline(__always)
  private static func scaled(_ value: Double, by power: Int) -> UInt64? {
    guard value.isNormal, power >= 0, power <= 27 else { return value == 0 ? 0 : nil }
    // The number is significand · 2^exponent, and 10^power is 5^power · 2^power.
    let significand = value.significandBitPattern | 1 << 52
    let (high, low) = significand.multipliedFullWidth(by: PowersOfTen.fives[power])
    let down = 1075 - Int(value.bitPattern >> 52) - power
    switch down {
    case ..<1: return high == 0 && low.leadingZeroBitCount > -down ? low << UInt64(-down) : nil
    case 1..<64:
      let shift = UInt64(down)
      guard high >> shift == 0 else { return nil }
      let whole = high << (64 - shift) | low >> shift
      return rounded(whole, rest: low << (64 - shift), hasMore: false)
    case 64: return rounded(high, rest: low, hasMore: false)
    case 65..<128:
      let shift = UInt64(down - 64)
      return rounded(high >> shift, rest: high << (64 - shift), hasMore: low != 0)
    // The product has at most 116 bits.
    default: return 0
    }
  }

  /// `whole`, plus one if what is below it is more than a half, or a half and `whole` is odd.
  ///
  /// - Parameter rest: the bits below, leftmost first; `hasMore` tells of others below those.
  @inline(__always)
  private static func rounded(_ whole: UInt64, rest: UInt64, hasMore: Bool) -> UInt64 {
    let half: UInt64 = 1 << 63
    return rest > half || (rest == half && (hasMore || whole & 1 == 1)) ? whole &+ 1 : whole
  }
}

extension UInt64 {
  /// How many decimal digits it takes.
  fileprivate var digitCount: Int {
    var count = 1
    while count < 20, self >= PowersOfTen.integers[count] { count += 1 }
    return count
  }

  /// Calls `body` with the last `count` decimal digits.
  @inline(__always)
  fileprivate func withDigits<R>(_ count: Int, _ body: (UnsafePointer<UInt8>) -> R) -> R {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var rest = self
      var place = count
      while place > 0 {
        place -= 1
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
        rest = quotient
      }
      // The buffer has a base address: it is not empty.
      return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
    }
  }
}
