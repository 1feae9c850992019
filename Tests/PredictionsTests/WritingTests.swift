import Bytes
import TestSupport
import Testing

@testable import Predictions

@Suite struct WritingTests {
  private final class Collected: ByteSink {
    var bytes: [UInt8] = []
    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
  }

  /// What the reference wrote reads and writes as itself.
  @Test(arguments: [1, 3]) func rowsComeBackAsTheReferenceWroteThem(threads: Int) throws {
    let file = try PredictionFile(fixture("fakes/predictions.csv"))
    let found = Collected()
    try found.write(RowText.header + [10])
    try BlockWriting.write(rowCount: file.count, blockSize: 5, Workers(threads), to: found) { rows, text in
      var pairs = PredictionPairs()
      for number in rows {
        try file.read(number, into: &pairs)
        try file.withRow(number) { row in
          try pairs.labels.withUnsafeBufferPointer { labels in
            try pairs.scores.withUnsafeBufferPointer { scores in
              try text.append(id: row.id, labels: .init(rebasing: labels[..<pairs.count]), scores: scores)
            }
          }
        }
      }
    }
    #expect(found.bytes == fixtureBytes("fakes/predictions.csv"))
  }

  @Test func formatsAndQuotes() throws {
    func text(_ format: NumberFormat, _ id: String, _ labels: [Int32], _ scores: [Float]) throws -> String {
      var text = RowText(format)
      try Array(id.utf8).withUnsafeBytes { id in
        try labels.withUnsafeBufferPointer { labels in
          try scores.withUnsafeBufferPointer { try text.append(id: id, labels: labels, scores: $0) }
        }
      }
      let found = Collected()
      try text.flush(to: found)
      #expect(text.byteCount == 0)
      return String(decoding: found.bytes, as: UTF8.self)
    }
    #expect(try text(.reference, "a", [0, Int32.max], [0.0305404, 1e-5]) == "a,0 0.0305404 2147483647 1e-05\n")
    #expect(try text(.fixed(6), "a,b", [10], [0.1]) == "\"a,b\",10 0.100000\n")
    #expect(try text(.shortest, "a", [999], [0.1]) == "a,999 0.1\n")
    #expect(try text(.significant(9), "a", [1000], [0.1]) == "a,1000 0.100000001\n")
    #expect(try text(.reference, "a", [], []) == "a,\n")
    #expect(throws: ByteReader.Fault.self) { try text(.reference, "a\"b", [1], [1]) }
  }
}
