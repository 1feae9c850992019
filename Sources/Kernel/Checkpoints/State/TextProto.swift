import Bytes

/// Reads protobuf text format as far as a `checkpoint` state file uses it: scalar fields of one message.
///
/// Any legal spelling is taken: comments, single or double quotes, adjacent literals, all escapes, `;` and `,`
/// between fields.
struct TextProto {
  enum Value: Equatable {
    case string([UInt8])
    /// A number or identifier as written.
    case word(String)
  }

  private let text: [UInt8]
  private let path: String
  private var position = 0
  private var line = 1

  init(_ text: [UInt8], path: String) {
    self.text = text
    self.path = path
  }

  /// All fields in order.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line at fault.
  static func fields(_ text: [UInt8], path: String) throws -> [(name: String, value: Value, line: Int)] {
    var parser = TextProto(text, path: path)
    var fields: [(name: String, value: Value, line: Int)] = []
    while let field = try parser.field() { fields.append(field) }
    return fields
  }

  private mutating func field() throws -> (name: String, value: Value, line: Int)? {
    skipBlanks(and: [UInt8(ascii: ";"), UInt8(ascii: ",")])
    guard position < text.count else { return nil }
    let start = line
    let name = word()
    guard let first = name.utf8.first, first == UInt8(ascii: "_") || first | 0x20 >= 0x61 && first | 0x20 <= 0x7a
    else { throw error("expected a field name") }
    skipBlanks()
    guard peek == UInt8(ascii: ":") else { throw error("expected ':' after \(name)") }
    position += 1
    skipBlanks()
    if let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      var string: [UInt8] = []
      while let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        try appendLiteral(to: &string)
        skipBlanks()
      }
      return (name, .string(string), start)
    }
    let value = word()
    guard !value.isEmpty else { throw error("expected a value for \(name)") }
    return (name, .word(value), start)
  }

  private var peek: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipBlanks(and separators: [UInt8] = []) {
    while let byte = peek {
      if byte == UInt8(ascii: "#") {
        while let byte = peek, byte != UInt8(ascii: "\n") { _ = byte; position += 1 }
      } else if byte == UInt8(ascii: "\n") {
        line += 1
        position += 1
      } else if byte == 0x20 || (0x09...0x0d).contains(byte) || separators.contains(byte) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    let start = position
    while let byte = peek,
      byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "+") || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func appendLiteral(to string: inout [UInt8]) throws {
    let quote = text[position]
    position += 1
    while true {
      guard let byte = peek, byte != UInt8(ascii: "\n") else { throw error("a string is not closed") }
      position += 1
      if byte == quote { return }
      if byte == UInt8(ascii: "\\") { try appendEscape(to: &string) } else { string.append(byte) }
    }
  }

  private mutating func appendEscape(to string: inout [UInt8]) throws {
    guard let byte = peek else { throw error("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): string.append(0x0a)
    case UInt8(ascii: "t"): string.append(0x09)
    case UInt8(ascii: "r"): string.append(0x0d)
    case UInt8(ascii: "a"): string.append(0x07)
    case UInt8(ascii: "b"): string.append(0x08)
    case UInt8(ascii: "f"): string.append(0x0c)
    case UInt8(ascii: "v"): string.append(0x0b)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "?"): string.append(byte)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      guard let value = digits(radix: 8, atMost: 3), value < 256 else {
        throw error("an octal escape exceeds a byte")
      }
      string.append(UInt8(value))
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      guard let value = digits(radix: 16, atMost: 2) else { throw error("\\x needs hexadecimal digits") }
      string.append(UInt8(value))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = byte == UInt8(ascii: "u") ? 4 : 8
      let start = position
      guard let value = digits(radix: 16, atMost: count), position - start == count,
        let scalar = Unicode.Scalar(UInt32(value))
      else { throw error("\\\(Character(Unicode.Scalar(byte))) needs \(count) digits of a character") }
      string += Array(String(Character(scalar)).utf8)
    default: throw error("unknown escape \\\(Character(Unicode.Scalar(byte)))")
    }
  }

  private mutating func digits(radix: Int, atMost count: Int) -> Int? {
    let start = position
    while position < text.count, position - start < count,
      Character(Unicode.Scalar(text[position])).hexDigitValue.map({ $0 < radix }) == true
    { position += 1 }
    return Int(String(decoding: text[start..<position], as: UTF8.self), radix: radix)
  }

  private func error(_ problem: String) -> KernelError { KernelError(.badData, path, at: .line(line), problem) }

  /// A string literal as TensorFlow's Python writes it: quotes, backslash and control bytes escaped, the rest of the
  /// non-ASCII bytes in octal.
  static func literal(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes {
      switch byte {
      case 0x09: text += "\\t"
      case 0x0a: text += "\\n"
      case 0x0d: text += "\\r"
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): text += "\\" + String(Unicode.Scalar(byte))
      case 0x20..<0x7f: text += String(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }
    }
    return text + "\""
  }
}
