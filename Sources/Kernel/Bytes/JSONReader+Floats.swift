/// Numbers read straight from the text, for lists of millions of them.
extension JSONReader {
  /// Reads a number as the float32 nearest to it.
  ///
  /// Up to 19 digits with an exponent of at most 22 are exact products or quotients of two doubles (Clinger 1990), one
  /// rounding from the truth; a second rounding to float32 then is right unless the double lies exactly between two
  /// floats. All other numbers go the long way.
  package mutating func float() throws(Fault) -> Float {
    _ = try nextByte()
    let start = offset
    if let value = simpleFloat() { return value }
    offset = start
    _ = try number()
    guard let value = Float(String(decoding: bytes[start..<offset], as: UTF8.self)), value.isFinite else {
      throw Fault(offset: start, problem: "a number exceeds the range of a float32")
    }
    return value
  }

  /// Reads a number that must be written as an integer of 64 bits.
  package mutating func int64() throws(Fault) -> Int64 {
    _ = try nextByte()
    let start = offset
    var cursor = offset
    let isNegative = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    let digits = digits(&cursor, limit: 18)
    if let digits, cursor - offset > 0, !continuesNumber(at: cursor), isPlainInteger(offset, cursor, isNegative) {
      offset = cursor
      return isNegative ? -Int64(digits) : Int64(digits)
    }
    guard case .int(let value) = try number() else {
      throw Fault(offset: start, problem: "an integer of 64 bits is expected")
    }
    return value
  }

  private static let powers: [Double] = (0...22).reduce(into: []) { powers, _ in
    powers.append((powers.last.map { $0 * 10 }) ?? 1)
  }

  /// A number of the usual form; `nil` (with the reader anywhere) for everything else, errors included.
  private mutating func simpleFloat() -> Float? {
    var cursor = offset
    let isNegative = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    let first = cursor
    guard var mantissa = digits(&cursor, limit: 18), isPlainInteger(first, cursor, false) else { return nil }
    var exponent = 0
    if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
      cursor += 1
      let point = cursor
      guard let fraction = digits(&cursor, limit: 18 - (point - 1 - first)) else { return nil }
      exponent = point - cursor
      for _ in point..<cursor { mantissa *= 10 }
      mantissa += fraction
    }
    if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      let isBelow = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
      if isBelow || (cursor < bytes.count && bytes[cursor] == UInt8(ascii: "+")) { cursor += 1 }
      guard let power = digits(&cursor, limit: 4) else { return nil }
      exponent += isBelow ? -Int(power) : Int(power)
    }
    guard !continuesNumber(at: cursor), mantissa < 1 << 53, abs(exponent) <= 22 else { return nil }
    let power = JSONReader.powers[abs(exponent)]
    let double = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    // 29 bits of a double's fraction do not fit a float's; a tie is where only the first of them is set.
    let isTie = double.bitPattern & 0x1fff_ffff == 0x1000_0000
    guard !isTie, double == 0 || (1e-37..<3e38).contains(double) else { return nil }
    offset = cursor
    return Float(isNegative ? -double : double)
  }

  /// The digits from `cursor` on, at least one and at most `limit`, as a number.
  private func digits(_ cursor: inout Int, limit: Int) -> UInt64? {
    var value: UInt64 = 0
    let start = cursor
    while cursor < bytes.count, bytes[cursor] &- UInt8(ascii: "0") < 10 {
      guard cursor - start < limit else { return nil }
      value = value * 10 + UInt64(bytes[cursor] - UInt8(ascii: "0"))
      cursor += 1
    }
    return cursor > start ? value : nil
  }

  /// Whether digits at `start` (after a sign that they may not lose) are an integer as JSON writes it.
  private func isPlainInteger(_ start: Int, _ end: Int, _ isNegative: Bool) -> Bool {
    let first = isNegative ? start + 1 : start
    guard bytes[first] == UInt8(ascii: "0") else { return true }
    return end - first == 1 && !isNegative
  }

  private func continuesNumber(at cursor: Int) -> Bool {
    guard cursor < bytes.count else { return false }
    switch bytes[cursor] {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return true
    default: return false
    }
  }
}
