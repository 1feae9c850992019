import Bytes
import TestSupport
import Testing

@Suite struct KeyIndexTests {
  @Test func findsWhatADictionaryFinds() throws {
    var random = SplitMix(seed: 3)
    // Few letters and short keys, so that many repeat; enough to grow several times.
    let text = (0..<200_000).map { _ in UInt8.random(in: 97...104, using: &random) }
    var index = KeyIndex(over: ByteView(text))
    var known: [[UInt8]: Int] = [:]
    for _ in 0..<60_000 {
      let start = Int.random(in: 0..<(text.count - 8), using: &random)
      let range = start..<(start + Int.random(in: 0...8, using: &random))
      let key = Array(text[range])
      #expect(try index.insert(range) == known[key])
      if known[key] == nil { known[key] = known.count }
    }
    #expect(index.count == known.count)
    for (key, number) in known {
      #expect(key.withUnsafeBytes { index.number(of: $0) } == number)
      #expect(index.withKey(number) { [UInt8]($0) } == key)
    }
    #expect(Array("zzz".utf8).withUnsafeBytes { index.number(of: $0) } == nil)
  }
}

@Suite struct TextLinesTests {
  private func lines(_ text: String) -> [String] {
    Array(text.utf8).withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      var found: [String] = []
      while let range = lines.next() {
        found.append("\(lines.number):\(String(decoding: bytes[range], as: UTF8.self))")
      }
      return found
    }
  }

  @Test func endsAndEmptyLinesDoNotMatter() {
    #expect(lines("") == [])
    #expect(lines("\u{feff}a,b\r\n\r\n\nc\n") == ["1:a,b", "4:c"])
    #expect(lines("a\rb\nc") == ["1:a\rb", "2:c"])
  }

  private func fields(_ line: String) throws -> [String] {
    try Array(line.utf8).withUnsafeBytes { bytes in
      var fields = CSVFields(bytes)
      var found: [String] = []
      while let field = try fields.next() { found.append(String(decoding: field, as: UTF8.self)) }
      return found
    }
  }

  @Test func fieldsMayBeQuotedOrEmpty() throws {
    #expect(try fields("") == [""])
    #expect(try fields("a,,b,") == ["a", "", "b", ""])
    #expect(try fields("\"a,b\",c,\"\"") == ["a,b", "c", ""])
    for broken in ["\"a", "\"a\"b", "\"a\"\"b\"", "x,\""] {
      #expect(throws: ByteReader.Fault.self, "\(broken)") { try fields(broken) }
    }
  }

  private func written(_ field: String) throws -> String {
    var line: [UInt8] = []
    let bytes = Array(field.utf8)
    try bytes.withUnsafeBytes { field in try CSVFields.append(field, to: &line) }
    return String(decoding: line, as: UTF8.self)
  }

  @Test func writtenFieldsReadBack() throws {
    #expect(try written("a.b") == "a.b")
    #expect(try fields(written("a,b")) == ["a,b"])
    #expect(throws: ByteReader.Fault.self) { try written("a\"b") }
    #expect(throws: ByteReader.Fault.self) { try written("a\nb") }
  }
}
