import Bytes
import Foundation
import TestSupport
import Testing

@Suite struct JSONTests {
  static func parse(_ text: [UInt8]) throws -> JSON { try text.withUnsafeBytes { try JSON(parsing: $0) } }
  static func parse(_ text: String) throws -> JSON { try parse(Array(text.utf8)) }

  @Test func numbersAreExact() throws {
    #expect(try Self.parse("9223372036854775807") == .number(.int(.max)))
    #expect(try Self.parse("-9223372036854775808") == .number(.int(.min)))
    #expect(try Self.parse("18446744073709551615") == .number(.uint(.max)))
    #expect(try Self.parse("0.1") == .number(.double(0.1)))
    #expect(try Self.parse("1e2") == .number(.double(100)))
    #expect(try Self.parse("5e-324") == .number(.double(.leastNonzeroMagnitude)))
    guard case .number(.double(let zero)) = try Self.parse("-0") else {
      throw KernelError(.badData, "", "no double")
    }
    #expect(zero.sign == .minus)
  }

  @Test func objectsKeepTheirOrderAndStringsTheirBytes() throws {
    let json = try Self.parse(" {\"b\" : [1, true,null ] ,\"a\\u00e9\\ud83d\\ude00\\n\\/\":\"\\u0000\\\"\"}\r\n")
    guard case .object(let object) = json else { throw KernelError(.badData, "", "no object") }
    #expect(object.members.map(\.key) == ["b", "aé😀\n/"])
    #expect(object["b"] == .array([.number(.int(1)), .bool(true), .null]))
    #expect(object["aé😀\n/"] == .string("\0\""))
    #expect(object["c"] == nil)
  }

  /// One letter, composed in two ways: equal as Swift strings, but two keys.
  @Test func keysAreComparedAsBytes() throws {
    guard case .object(let object) = try Self.parse("{\"\u{e9}\":1,\"e\u{301}\":2}") else {
      throw KernelError(.badData, "", "no object")
    }
    #expect(object["\u{e9}"] == .number(.int(1)))
    #expect(object["e\u{301}"] == .number(.int(2)))
  }

  static let refused: [(text: String, offset: Int)] = [
    ("", 0), (" ", 1), ("nul", 0), ("truth", 0), ("[1,]", 3), ("[1 2]", 3), ("[", 1), ("{\"a\"}", 4), ("{a:1}", 1),
    ("{\"a\":1,}", 7), ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("01", 0), ("-", 1), ("1.", 2),
    (".5", 0), ("1e", 2), ("+1", 0), ("1e999", 0), ("18446744073709551616", 0), ("-9223372036854775809", 0),
    ("NaN", 0), ("\"", 1), ("\"\u{1}\"", 1), ("\"\\x\"", 1), ("\"\\ud800\"", 1), ("\"\\udc00\"", 1),
    ("\"\\ud800\\u0041\"", 1), ("\"\\u00g0\"", 5), ("1 1", 2), ("{} x", 3), ("\u{feff}1", 0),
  ]

  @Test(arguments: refused) func refusesWithTheOffset(text: String, offset: Int) throws {
    let fault = try #require(throws: ByteReader.Fault.self) { try Self.parse(text) }
    #expect(fault.offset == offset)
  }

  @Test(
    arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]] as [[UInt8]])
  func refusesBytesThatAreNotUTF8(bytes: [UInt8]) {
    #expect(throws: ByteReader.Fault.self) { try Self.parse([0x22] + bytes + [0x22]) }
  }

  @Test func deepNestingIsAnErrorNotACrash() throws {
    let fits = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try Self.parse(fits) }
    let fault = try #require(throws: ByteReader.Fault.self) {
      try Self.parse(String(repeating: "[{\"a\":", count: 1_000_000))
    }
    #expect(fault.problem == "the nesting is deeper than 64 levels")
    #expect(throws: ByteReader.Fault.self) {
      try Array(fits.utf8).withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        try reader.array { reader throws(ByteReader.Fault) in _ = try reader.bool() }
      }
    }
  }

  @Test func theNumberOfValuesIsBounded() {
    let text = Array(("[" + String(repeating: "0,", count: 100) + "0]").utf8)
    #expect(throws: ByteReader.Fault.self) { try text.withUnsafeBytes { try JSON(parsing: $0, valueLimit: 101) } }
    #expect(throws: Never.self) { try text.withUnsafeBytes { try JSON(parsing: $0, valueLimit: 102) } }
  }

  @Test func skippingChecksAsStrictly() throws {
    for (text, offset) in Self.refused {
      let fault = try #require(throws: ByteReader.Fault.self) {
        try Array(text.utf8).withUnsafeBytes { bytes in
          var reader = JSONReader(bytes)
          try reader.skip()
          try reader.end()
        }
      }
      #expect(fault.offset == offset)
    }
  }

  /// Foundation's parser is more lenient than ours: whatever we take, it must take.
  @Test func damagedTextsAreRefusedOrValid() throws {
    let text = Array(
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
        + "\"\\u00e9\\n\":[-1.5e3,true,false,null,{}]}")
        .utf8)
    var random = SplitMix(seed: 2)
    var accepted = 0
    for _ in 0..<20_000 {
      let damaged = random.damage(text)
      guard (try? Self.parse(damaged)) != nil else { continue }
      accepted += 1
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(damaged), options: .fragmentsAllowed)
      }
    }
    #expect(accepted > 100)
  }
}
