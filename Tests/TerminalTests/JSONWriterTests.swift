import Bytes
import Foundation
import Terminal
import Testing

@Suite struct JSONWriterTests {
  final class Memory: ByteSink {
    var bytes: [UInt8] = []
    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
  }

  func text(_ body: (JSONWriter) throws -> Void) throws -> String {
    let memory = Memory()
    try body(JSONWriter(memory))
    return String(decoding: memory.bytes, as: UTF8.self)
  }

  @Test func membersKeepTheirOrderAndLayout() throws {
    let text = try text { json in
      try json.object {
        try json.member("name", "tower/weights")
        try json.member("shape", [2, 3])
        try json.member("count", UInt64.max)
        try json.member("mean", 0.1)
        try json.member("max", Float(0.1))
        try json.member("slice", String?.none)
        try json.array("shards") {
          for shard in 0..<2 {
            try json.object(inline: true) {
              try json.member("shard", shard)
              try json.member("isLast", shard == 1)
            }
          }
        }
        try json.array("empty") {}
        try json.object("nothing") {}
        try json.member("files", ["a", "b"])
      }
    }
    #expect(
      text == """
        {
          "name": "tower/weights",
          "shape": [2, 3],
          "count": 18446744073709551615,
          "mean": 0.1,
          "max": 0.1,
          "slice": null,
          "shards": [
            {"shard": 0, "isLast": false},
            {"shard": 1, "isLast": true}
          ],
          "empty": [],
          "nothing": {},
          "files": [
            "a",
            "b"
          ]
        }

        """)
  }

  @Test func numbersThatAreNotFiniteBecomeStrings() throws {
    let text = try text { json in
      try json.array(inline: true) {
        for value in [Double.nan, .infinity, -.infinity, -0.0, 1e300, .leastNonzeroMagnitude, 1 / 3] {
          try json.value(value)
        }
        try json.value(Float(0.1))
        try json.value(-Float.infinity)
      }
    }
    #expect(
      text == """
        ["NaN", "Infinity", "-Infinity", -0.0, 1e+300, 5e-324, 0.3333333333333333, 0.1, "-Infinity"]

        """)
  }

  /// Foundation's parser is the judge.
  @Test func everyStringAndNumberReadsBack() throws {
    let strings = ["", "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", "é 日本 👩‍👩‍👧", "\u{2028}"]
    let numbers = [0.1, -Double.leastNonzeroMagnitude, 1.7976931348623157e308, 123456789012345680, 2e-7]
    let text = try text { json in
      try json.object {
        try json.member("strings", strings)
        try json.array("numbers") { for number in numbers { try json.value(number) } }
      }
    }
    let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(parsed?["strings"] as? [String] == strings)
    #expect(parsed?["numbers"] as? [Double] == numbers)
  }
}
