/// Numbers read straight from the text, for lists of millions of them.
extension JSONReader {
  /// Reads a number as the float32 nearest to it.
  package mutating func float() throws(Fault) -> Float {
    let start = try plainNumber()
    let value = read(start, DecimalReading.float)
    guard value.isFinite else { throw Fault(offset: start, problem: "a number exceeds the range of a float32") }
    return value
  }

  /// Reads a number as the double nearest to it.
  package mutating func double() throws(Fault) -> Double {
    let start = try plainNumber()
    let value = read(start, DecimalReading.double)
    guard value.isFinite else { throw Fault(offset: start, problem: "a number exceeds the range of a double") }
    return value
  }

  /// Checks that a number as JSON writes it comes next, and where; consumes only white space before it.
  private mutating func plainNumber() throws(Fault) -> Int {
    _ = try nextByte()
    let start = offset
    var cursor = offset
    if bytes[cursor] == UInt8(ascii: "-") { cursor += 1 }
    let first = cursor
    let wholeCount = skipDigits(&cursor)
    guard wholeCount > 0 else { throw fault("a number is expected") }
    guard wholeCount == 1 || bytes[first] != UInt8(ascii: "0") else {
      throw Fault(offset: first, problem: "a number may not begin with 0")
    }
    if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
      cursor += 1
      guard skipDigits(&cursor) > 0 else {
        throw Fault(offset: cursor, problem: "a digit is expected after the decimal point")
      }
    }
    if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      let isSigned = cursor < bytes.count && [UInt8(ascii: "-"), UInt8(ascii: "+")].contains(bytes[cursor])
      if isSigned { cursor += 1 }
      guard skipDigits(&cursor) > 0 else {
        throw Fault(offset: cursor, problem: "a digit is expected in the exponent")
      }
    }
    return start
  }

  private func skipDigits(_ cursor: inout Int) -> Int {
    let start = cursor
    while cursor < bytes.count, bytes[cursor] &- UInt8(ascii: "0") < 10 { cursor += 1 }
    return cursor - start
  }

  /// Consumes a number that is known to be there.
  private mutating func read<Number: BinaryFloatingPoint>(
    _ start: Int, _ parse: (inout UnsafePointer<UInt8>, UnsafePointer<UInt8>) -> Number
  ) -> Number {
    bytes.withMemoryRebound(to: UInt8.self) { text in
      guard let base = text.baseAddress else { return .nan }
      var cursor = base + start
      let value = parse(&cursor, base + text.count)
      offset = cursor - base
      return value
    }
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
