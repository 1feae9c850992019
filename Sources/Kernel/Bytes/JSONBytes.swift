/// Pieces of JSON appended to bytes, for texts of which there are millions of lines.
extension [UInt8] {
  package mutating func append(text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// A string in quotes.
  ///
  /// - Parameter bytes: valid UTF-8, which the caller knows.
  package mutating func append(jsonString bytes: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""): append(text: "\\\"")
      case UInt8(ascii: "\\"): append(text: "\\\\")
      case 0x0a: append(text: "\\n")
      case 0x0d: append(text: "\\r")
      case 0x09: append(text: "\\t")
      case 0..<0x20, 0x7f:
        append(text: "\\u00")
        append(hexDigit: byte >> 4)
        append(hexDigit: byte & 15)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  package mutating func append(hexDigit digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
  }

  /// A number in decimal digits.
  package mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// A finite number, with the fewest digits that read back exactly.
  package mutating func append(jsonNumber value: Double) {
    precondition(value.isFinite, "JSON has no number that is not finite")
    append(contentsOf: value.description.utf8)
  }

  /// A string in quotes.
  package mutating func append(jsonString text: String) {
    Array(text.utf8).withUnsafeBytes { append(jsonString: $0) }
  }

  private mutating func append(decimal value: UInt64) {
    if value >= 10 { append(decimal: value / 10) }
    append(UInt8(ascii: "0") + UInt8(value % 10))
  }
}
