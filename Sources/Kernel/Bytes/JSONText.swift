/// A JSON number, exact: an integer whenever it is written as one.
package enum JSONNumber: Equatable, Sendable {
  case int(Int64)
  /// Only above the largest `Int64`.
  case uint(UInt64)
  case double(Double)

  /// The nearest double.
  package var double: Double {
    switch self {
    case .int(let value): Double(value)
    case .uint(let value): Double(value)
    case .double(let value): value
    }
  }
}

/// Strings and numbers: the leaves of JSON that need more than a glance.
extension JSONReader {
  /// Reads a string, undoing its escapes.
  package mutating func string() throws(Fault) -> String {
    guard try nextByte() == UInt8(ascii: "\"") else { throw fault("a string is expected") }
    let start = offset
    offset += 1
    var text: [UInt8] = []
    while true {
      let piece = offset
      while offset < bytes.count, bytes[offset] >= 0x20, bytes[offset] != UInt8(ascii: "\""),
        bytes[offset] != UInt8(ascii: "\\")
      {
        offset += 1
      }
      text.append(contentsOf: bytes[piece..<offset])
      guard offset < bytes.count else { throw fault("the text ends inside a string") }
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw Fault(offset: start, problem: "a string is not valid UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      default: throw fault("a control character in a string must be escaped")
      }
    }
  }

  /// Reads a number. An integer must fit 64 bits and a fraction the range of a double; `-0` is a double.
  package mutating func number() throws(Fault) -> JSONNumber {
    _ = try nextByte()
    let start = offset
    let isNegative = skip(UInt8(ascii: "-"))
    let firstDigit = offset
    let digitCount = skipDigits()
    guard digitCount > 0 else { throw fault("a number is expected") }
    guard digitCount == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
      throw Fault(offset: firstDigit, problem: "a number may not begin with 0")
    }
    var isInteger = true
    if skip(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw fault("a digit is expected after the decimal point") }
    }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      isInteger = false
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { throw fault("a digit is expected in the exponent") }
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, !(isNegative && text == "-0") {
      if let value = Int64(text) { return .int(value) }
      if let value = UInt64(text) { return .uint(value) }
      throw Fault(offset: start, problem: "an integer of \(digitCount) digits does not fit 64 bits")
    }
    guard let value = Double(text), value.isFinite else {
      throw Fault(offset: start, problem: "a number exceeds the range of a double")
    }
    return .double(value)
  }

  /// Reads a number that must be an integer from 0 to the largest `Int`: a length, an offset, a dimension.
  package mutating func count() throws(Fault) -> Int {
    _ = try nextByte()
    let start = offset
    guard case .int(let value) = try number(), value >= 0 else {
      throw Fault(offset: start, problem: "a whole number from 0 to \(Int.max) is expected")
    }
    return Int(value)
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
    return offset - start
  }

  /// Consumes an escape sequence, appending what it stands for.
  private mutating func escape(into text: inout [UInt8]) throws(Fault) {
    guard bytes.count - offset >= 2 else { throw fault("the text ends inside a string") }
    let letter = bytes[offset + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): return text.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw fault("an unknown escape in a string")
    }
    offset += 2
  }

  /// Consumes `\uXXXX`, or the two of a surrogate pair.
  private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
    let start = offset
    let first = try escapedUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xdc00, offset < bytes.count, bytes[offset] == UInt8(ascii: "\\") {
      let second = try escapedUnit()
      let pair = 0x10000 + (first - 0xd800) << 10 + (second & 0x3ff)
      if (0xdc00..<0xe000).contains(second), let scalar = Unicode.Scalar(pair) { return scalar }
    }
    throw Fault(offset: start, problem: "half of a surrogate pair in a string")
  }

  private mutating func escapedUnit() throws(Fault) -> UInt32 {
    guard bytes.count - offset >= 6, bytes[offset + 1] == UInt8(ascii: "u") else {
      throw fault("\\u and four hexadecimal digits are expected")
    }
    var unit: UInt32 = 0
    for position in (offset + 2)..<(offset + 6) {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
        throw Fault(offset: position, problem: "a hexadecimal digit is expected")
      }
      unit = unit << 4 | UInt32(digit)
    }
    offset += 6
    return unit
  }
}
