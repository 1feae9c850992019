import Glibc

/// The lines of a text in memory that are not empty, without their ends (LF or CR LF) and a byte order mark.
package struct TextLines {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  /// The number of the line that ``next()`` returned last, from 1; empty lines count.
  package private(set) var number = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
  }

  /// Where the next line lies in the text, or `nil` after the last.
  package mutating func next() -> Range<Int>? {
    while offset < bytes.count, let base = bytes.baseAddress {
      let start = offset
      let rest = bytes.count - start
      let newline = memchr(base + start, Int32(UInt8(ascii: "\n")), rest)
      var end = newline.map { UnsafeRawPointer($0) - base } ?? bytes.count
      offset = end + 1
      number += 1
      if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      if end > start { return start..<end }
    }
    return nil
  }
}

/// The fields of one line of a CSV file (RFC 4180) in place.
///
/// A field may be quoted; a quoted one that itself holds a quotation mark is refused, because its value is not what
/// stands there, and so is a line break in a field, because lines are cut first.
package struct CSVFields {
  private let line: UnsafeRawBufferPointer
  /// Where the next field begins; `nil` after the last.
  private var offset: Int? = 0

  package init(_ line: UnsafeRawBufferPointer) { self.line = line }

  /// All fields not yet taken, as they stand; `nil` after the last.
  package var rest: UnsafeRawBufferPointer? { offset.map { UnsafeRawBufferPointer(rebasing: line[$0...]) } }

  /// The next field without its quotes, or `nil` after the last.
  package mutating func next() throws(ByteReader.Fault) -> UnsafeRawBufferPointer? {
    guard let start = offset else { return nil }
    guard start < line.count, line[start] == UInt8(ascii: "\"") else {
      let end = line[start...].firstIndex(of: UInt8(ascii: ",")) ?? line.count
      offset = end < line.count ? end + 1 : nil
      return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }
    guard let close = line[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
      throw .init(offset: start, problem: "a quoted field does not end in its line")
    }
    guard close + 1 == line.count || line[close + 1] == UInt8(ascii: ",") else {
      throw .init(offset: close, problem: "a quotation mark inside a field")
    }
    offset = close + 1 < line.count ? close + 2 : nil
    return UnsafeRawBufferPointer(rebasing: line[(start + 1)..<close])
  }

  /// Appends `field` to a line, quoted if it must be.
  ///
  /// - Throws: ``ByteReader/Fault`` when it holds a quotation mark or a line break.
  package static func append(
    _ field: UnsafeRawBufferPointer, to line: inout [UInt8]
  ) throws(ByteReader.Fault) {
    var needsQuotes = false
    for byte in field {
      switch byte {
      case UInt8(ascii: ","): needsQuotes = true
      case UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        throw .init(offset: 0, problem: "a quotation mark or line break cannot stand in a field of a CSV file")
      default: break
      }
    }
    if needsQuotes { line.append(UInt8(ascii: "\"")) }
    line.append(contentsOf: field)
    if needsQuotes { line.append(UInt8(ascii: "\"")) }
  }
}
