/// Decimal numbers in text, read in place as the floating-point number nearest to them, ties to even.
///
/// A number is what C's `strtod` takes in the "C" locale, without hexadecimal, `nan` and `inf`: an optional sign,
/// digits with an optional point, and an optional exponent.
package enum DecimalReading {
  /// The double nearest to the number that begins at `cursor`, which moves to its end.
  ///
  /// A significand of at most 53 bits and an exponent of at most 22 are an exact product or quotient of two doubles
  /// (Clinger 1990). With 64 bits and 27, the product or quotient of two integers of 64 bits tells all that rounding
  /// needs. All other numbers go the long way.
  ///
  /// - Returns: NaN when there is no number (`cursor` stays), an infinity when it is beyond the range of a double.
  @inlinable @inline(__always)
  package static func double(
    _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Double {
    short(&cursor, end) ?? any(&cursor, end)
  }

  /// A number like most probabilities: a digit, a point and at most 14 digits, followed by something else.
  ///
  /// - Returns: `nil`, and `cursor` stays, when it is not like that or too near to `end` to read whole words.
  @inlinable @inline(__always)
  static func short(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double? {
    guard end - cursor >= 18, cursor[1] == UInt8(ascii: ".") else { return nil }
    let whole = UInt64(cursor[0] &- UInt8(ascii: "0"))
    let first = DigitWord.load(cursor + 2)
    var count = DigitWord.digitCount(first)
    guard whole < 10, count > 0 else { return nil }
    var significand = whole &* PowersOfTen.integers[count] &+ DigitWord.value(first, count)
    if count == 8 {
      let second = DigitWord.load(cursor + 10)
      let more = DigitWord.digitCount(second)
      // All digits are below 10^15, which is less than 2^53.
      guard more < 7 else { return nil }
      if more > 0 { significand = significand &* PowersOfTen.integers[more] &+ DigitWord.value(second, more) }
      count += more
    }
    let next = cursor + 2 + count
    guard next.pointee | 0x20 != UInt8(ascii: "e") else { return nil }
    cursor = next
    return Double(Int64(truncatingIfNeeded: significand)) / PowersOfTen.doubles[count]
  }

  /// What ``double(_:_:)`` does, for any number.
  @usableFromInline
  static func any(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double {
    let start = cursor
    guard let parts = Parts(&cursor, end) else { return .nan }
    if let value = parts.double { return value }
    return Double(String(decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)) ?? .nan
  }

  /// The double nearest to a number that is all of `text`; `nil` when it is none or too large for a double.
  package static func whole(_ text: UnsafeRawBufferPointer) -> Double? {
    text.withMemoryRebound(to: UInt8.self) { text in
      guard var cursor = text.baseAddress else { return nil }
      let end = cursor + text.count
      let value = double(&cursor, end)
      return cursor == end && value.isFinite ? value : nil
    }
  }

  /// The float32 nearest to the number that begins at `cursor`, as ``double(_:_:)`` does it, rounded once.
  package static func float(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Float {
    let start = cursor
    guard let parts = Parts(&cursor, end) else { return .nan }
    // A tie of floats is a double whose 29 surplus bits are 1000…; only there a second rounding may differ. Below the
    // normal floats there are more surplus bits.
    if let double = parts.double, double.bitPattern & 0x1fff_ffff != 0x1000_0000,
      double == 0 || (0x1p-126..<0x1p127).contains(double.magnitude)
    {
      return Float(double)
    }
    return Float(String(decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)) ?? .nan
  }

  /// What a number is made of: ± significand · 10^exponent.
  private struct Parts {
    var isNegative = false
    /// Of no meaning when ``isExact`` is false.
    var significand: UInt64 = 0
    var exponent = 0
    /// Whether all digits are in the significand.
    var isExact = true

    @inline(__always)
    init?(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
      var place = cursor
      if place < end, place.pointee == UInt8(ascii: "-") || place.pointee == UInt8(ascii: "+") {
        isNegative = place.pointee == UInt8(ascii: "-")
        place += 1
      }
      let first = place
      DecimalReading.digits(&place, end, &significand)
      var digitCount = place - first
      if place < end, place.pointee == UInt8(ascii: ".") {
        place += 1
        let point = place
        DecimalReading.digits(&place, end, &significand)
        exponent = point - place
        digitCount -= exponent
      }
      guard digitCount > 0 else { return nil }
      // Nineteen digits fit 64 bits, and zeros before them do not count.
      if digitCount > 19 {
        var leading = first
        while leading < place, leading.pointee == UInt8(ascii: "0") || leading.pointee == UInt8(ascii: ".") {
          digitCount -= leading.pointee == UInt8(ascii: "0") ? 1 : 0
          leading += 1
        }
        isExact = digitCount <= 19
      }
      if place < end, place.pointee | 0x20 == UInt8(ascii: "e") { readExponent(&place, end) }
      cursor = place
    }

    /// Moves `place` behind an exponent; an `e` without digits is none.
    private mutating func readExponent(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
      var ahead = place + 1
      let isBelow = ahead < end && ahead.pointee == UInt8(ascii: "-")
      if isBelow || (ahead < end && ahead.pointee == UInt8(ascii: "+")) { ahead += 1 }
      let first = ahead
      var power = 0
      while ahead < end, ahead.pointee &- UInt8(ascii: "0") < 10 {
        // Far beyond any number: only that it is so matters.
        if power < 1 << 40 { power = power * 10 + Int(ahead.pointee &- UInt8(ascii: "0")) }
        ahead += 1
      }
      guard ahead > first else { return }
      exponent += isBelow ? -power : power
      place = ahead
    }

    /// The nearest double, where that is easy to tell.
    @inline(__always)
    var double: Double? {
      guard isExact else { return nil }
      if significand == 0 { return isNegative ? -0.0 : 0 }
      if significand < 1 << 53, exponent.magnitude <= 22 {
        let power = PowersOfTen.doubles[abs(exponent)]
        let value = exponent < 0 ? Double(significand) / power : Double(significand) * power
        return isNegative ? -value : value
      }
      guard exponent.magnitude <= 27 else { return nil }
      let value =
        exponent < 0 ? quotient(by: PowersOfTen.fives[-exponent]) : product(with: PowersOfTen.fives[exponent])
      return isNegative ? -value : value
    }

    /// significand · 5^exponent · 2^exponent, rounded once.
    private func product(with power: UInt64) -> Double {
      let (high, low) = significand.multipliedFullWidth(by: power)
      guard high > 0 else { return Double(low) * Parts.powerOfTwo(exponent) }
      let shift = UInt64(high.leadingZeroBitCount)
      let top = high << shift | (shift > 0 ? low >> (64 - shift) : 0)
      // That there is more below only matters for ties; the last of 64 bits can say it, since a double keeps 53.
      return Double(top | (low << shift != 0 ? 1 : 0)) * Parts.powerOfTwo(64 - Int(shift) + exponent)
    }

    /// significand / 5^-exponent · 2^exponent, rounded once; the significand is not zero.
    private func quotient(by power: UInt64) -> Double {
      let (up, divisorUp) = (significand.leadingZeroBitCount, power.leadingZeroBitCount)
      let dividend = significand << UInt64(up)
      // Half of the dividend is below the divisor, as it must be for the quotient to fit.
      let (top, rest) = (power << UInt64(divisorUp)).dividingFullWidth((dividend >> 1, dividend << 63))
      return Double(top | (rest != 0 ? 1 : 0)) * Parts.powerOfTwo(divisorUp - up - 63 + exponent)
    }

    /// 2^exponent, which must be that of a normal double.
    private static func powerOfTwo(_ exponent: Int) -> Double {
      Double(bitPattern: UInt64(truncatingIfNeeded: exponent + 1023) << 52)
    }
  }

  /// Takes digits into `value`, which wraps around beyond 64 bits.
  @inline(__always)
  private static func digits(
    _ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout UInt64
  ) {
    while end - place >= 8 {
      let word = DigitWord.load(place)
      let count = DigitWord.digitCount(word)
      guard count > 0 else { return }
      value = value &* PowersOfTen.integers[count] &+ DigitWord.value(word, count)
      place += count
      if count < 8 { return }
    }
    while place < end, case let digit = place.pointee &- UInt8(ascii: "0"), digit < 10 {
      value = value &* 10 &+ UInt64(digit)
      place += 1
    }
  }
}
