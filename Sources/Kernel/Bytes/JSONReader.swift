/// A cursor over JSON text (RFC 8259) that nobody vouches for.
///
/// The caller walks the structure and keeps what it wants, so memory is bounded by what is kept, whatever the text
/// says. Strict: no comments, no trailing commas, no repeated keys, no lone surrogates, nothing that is not UTF-8.
/// Faults carry the offset in the text.
package struct JSONReader {
  package typealias Fault = ByteReader.Fault

  /// Arrays and objects inside each other, at most; no file we read has more than a handful.
  package static let depthLimit = 64

  /// What kind of value comes next.
  package enum Kind: Equatable { case null, bool, number, string, array, object }

  let bytes: UnsafeRawBufferPointer
  package internal(set) var offset = 0
  private var depth = 0

  /// A reader at the beginning of `bytes`, which must outlive it.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The kind of the next value, judged by its first byte; consumes only white space.
  package mutating func peek() throws(Fault) -> Kind {
    switch try nextByte() {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw fault("a value is expected")
    }
  }

  /// Reads an object, calling `member` for each key with the reader at its value, which `member` must consume.
  ///
  /// Memory: the keys, to find repeated ones.
  package mutating func object(
    _ member: (_ reader: inout JSONReader, _ key: String) throws(Fault) -> Void
  ) throws(Fault) {
    try enter("{", "an object is expected")
    var keys: Set<[UInt8]> = []
    while try !isClosed(by: "}", isFirst: keys.isEmpty) {
      guard try nextByte() == UInt8(ascii: "\"") else { throw fault("a key in quotes is expected") }
      let start = offset
      let key = try string()
      // Compared as bytes: Swift's strings would take differently composed letters for the same key.
      guard keys.insert(Array(key.utf8)).inserted else {
        throw Fault(offset: start, problem: "the key \"\(key.printable)\" appears twice")
      }
      guard try nextByte() == UInt8(ascii: ":") else { throw fault("a colon is expected after the key") }
      offset += 1
      try member(&self, key)
    }
  }

  /// Reads an array, calling `element` with the reader at each element, which `element` must consume.
  package mutating func array(_ element: (_ reader: inout JSONReader) throws(Fault) -> Void) throws(Fault) {
    try enter("[", "an array is expected")
    var isFirst = true
    while try !isClosed(by: "]", isFirst: isFirst) {
      isFirst = false
      try element(&self)
    }
  }

  /// Reads `true` or `false`.
  package mutating func bool() throws(Fault) -> Bool {
    if try take("true") { return true }
    if try take("false") { return false }
    throw fault("true or false is expected")
  }

  /// Reads `null`.
  package mutating func null() throws(Fault) {
    guard try take("null") else { throw fault("null is expected") }
  }

  /// Reads and drops a value of any kind, checking it fully.
  package mutating func skip() throws(Fault) {
    switch try peek() {
    case .null: try null()
    case .bool: _ = try bool()
    case .number: _ = try number()
    case .string: _ = try string()
    case .array: try array { reader throws(Fault) in try reader.skip() }
    case .object: try object { reader, _ throws(Fault) in try reader.skip() }
    }
  }

  /// Checks that only white space is left.
  package mutating func end() throws(Fault) {
    skipSpace()
    guard offset == bytes.count else { throw fault("something follows the end of the JSON value") }
  }

  /// A fault at the reader's position.
  package func fault(_ problem: String) -> Fault { Fault(offset: offset, problem: problem) }
}

extension JSONReader {
  /// The next byte that is not white space, not consumed.
  mutating func nextByte() throws(Fault) -> UInt8 {
    skipSpace()
    guard offset < bytes.count else { throw fault("the JSON text ends too early") }
    return bytes[offset]
  }

  private mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0a, 0x0d, 0x09: offset += 1
      default: return
      }
    }
  }

  private mutating func enter(_ bracket: Unicode.Scalar, _ expected: String) throws(Fault) {
    guard try nextByte() == UInt8(ascii: bracket) else { throw fault(expected) }
    guard depth < JSONReader.depthLimit else {
      throw fault("the nesting is deeper than \(JSONReader.depthLimit) levels")
    }
    depth += 1
    offset += 1
  }

  /// Consumes the closing bracket, or the comma before the next element.
  private mutating func isClosed(by bracket: Unicode.Scalar, isFirst: Bool) throws(Fault) -> Bool {
    let byte = try nextByte()
    if byte == UInt8(ascii: bracket) {
      offset += 1
      depth -= 1
      return true
    }
    if isFirst { return false }
    guard byte == UInt8(ascii: ",") else { throw fault("a comma or \(bracket) is expected") }
    offset += 1
    return false
  }

  private mutating func take(_ word: StaticString) throws(Fault) -> Bool {
    _ = try nextByte()
    let length = word.utf8CodeUnitCount
    guard bytes.count - offset >= length else { return false }
    let isEqual = word.withUTF8Buffer { word in
      bytes[offset..<(offset + length)].elementsEqual(word)
    }
    if isEqual { offset += length }
    return isEqual
  }
}
