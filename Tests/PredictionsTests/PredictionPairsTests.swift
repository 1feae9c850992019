import Bytes
import TestSupport
import Testing

@testable import Predictions

@Suite struct PredictionPairsTests {
  private let folder = TemporaryFolder()

  private func pairs(_ text: String) throws -> PredictionPairs {
    var pairs = PredictionPairs()
    try Array(text.utf8).withUnsafeBytes { try pairs.read($0) }
    return pairs
  }

  @Test func pairsAreReadInPlace() throws {
    let file = try PredictionFile(fixture("fakes/predictions.csv"))
    var pairs = PredictionPairs()
    try file.read(0, into: &pairs)
    #expect(pairs.count == 20)
    #expect(pairs.labels.prefix(3) == [3506, 239, 3856])
    #expect(pairs.scores.prefix(3) == [0.267829, 0.263636, 0.240912])
    for number in 0..<file.count {
      try file.read(number, into: &pairs)
      let text = file.withRow(number) { String(decoding: $0.cell, as: UTF8.self) }
      let words = text.split(separator: " ")
      #expect(
        pairs.labels.prefix(pairs.count).map(String.init)
          == stride(from: 0, to: words.count, by: 2).map { String(words[$0]) })
      #expect(
        pairs.scores.prefix(pairs.count).map { $0 }
          == stride(from: 1, to: words.count, by: 2).map { Double(words[$0]) })
    }
  }

  @Test func unusualCellsAreAccepted() throws {
    let found = try pairs("  5 1e-45\t007 +.5 2147483647 0.1234567890123456789012345678901234567890 3 -2 ")
    #expect(found.labels.prefix(found.count) == [5, 7, Int32.max, 3])
    #expect(found.scores.prefix(found.count) == [1e-45, 0.5, 0.12345678901234568, -2])
    #expect(try pairs("").count == 0)
    #expect(try pairs(" ").count == 0)
    #expect(try pairs("1 1e-400").scores[0] == 0)
  }

  @Test(arguments: [
    ("1", "label 1 has no score"), ("1 0.5 2", "label 2 has no score"), ("1 0.5 2 ", "label 2 has no score"),
    ("-1 0.5", "label -1 is negative"), ("2147483648 0.5", "label 2147483648 exceeds 2147483647"),
    ("99999999999999999999999999 0.5", "label 999999999999999999999999… exceeds 2147483647"),
    ("x 0.5", "'x' is not a label (a whole number from 0)"),
    ("3.0 0.5", "'3.0' is not a label (a whole number from 0)"),
    ("+3 0.5", "'+3' is not a label (a whole number from 0)"),
    ("3 nan", "'nan', the score of label 3, is not a number"),
    ("3 -inf", "'-inf', the score of label 3, is not a number"),
    ("3 0x10", "'0x10', the score of label 3, is not a number"),
    ("3 0.5,", "'0.5,', the score of label 3, is not a number"),
    ("3 1e400", "the score 1e400 of label 3 is too large for a float32"),
    ("3 -3.5e38", "the score -3.5e38 of label 3 is too large for a float32"),
    ("3 0.5;4 0.25", "'0.5;4', the score of label 3, is not a number"),
  ]) func brokenCellsAreRefused(text: String, problem: String) {
    #expect { try pairs(text) } throws: { ($0 as? ByteReader.Fault)?.problem == problem }
  }

  @Test func messagesNameTheLine() throws {
    let cut = Array(repeating: "1 0.1", count: 6000).joined(separator: " ").prefix(32_767)
    for (rows, line) in [("a,1 1\n\nb,1 nan\n", 4), ("a,1 1\r\nb,\(cut)\r\n", 3), ("a,1 1\nb,\"\(cut)\"", 3)] {
      let file = try PredictionFile(folder.write(Array("\u{feff}VideoId,L\n\(rows)".utf8), "a.csv"))
      var pairs = PredictionPairs()
      try file.read(0, into: &pairs)
      #expect { try file.read(1, into: &pairs) } throws: { ($0 as? KernelError)?.place == .line(line) }
    }
  }

  @Test func idsAreText() throws {
    let ids = ["1e10", "00472a", "-id", "10000000000", "472a", "ä", "a b"]
    let text = "VideoId,L\n" + ids.map { "\($0),1 0.5\n" }.joined() + "\"x,y\",\"2 0.25\"\n"
    let file = try PredictionFile(folder.write(Array(text.utf8), "a.csv"))
    for (number, id) in ids.enumerated() {
      #expect(Array(id.utf8).withUnsafeBytes { file.number(of: $0) } == number)
      #expect(Array(id.utf8).withUnsafeBytes { file.number(of: $0, guess: number + 1) } == number)
      #expect(Array(id.utf8).withUnsafeBytes { file.number(of: $0, guess: number) } == number)
    }
    #expect(Array("x,y".utf8).withUnsafeBytes { file.number(of: $0) } == ids.count)
    #expect(Array("x".utf8).withUnsafeBytes { file.number(of: $0) } == nil)
    var pairs = PredictionPairs()
    try file.read(ids.count, into: &pairs)
    #expect(pairs.labels[0] == 2)
  }

  @Test func manyRowsAreFoundInAnyOrder() throws {
    var text = Array("VideoId,L\n".utf8)
    // The first rows are long, so that the number of rows is underestimated and the table must grow.
    for number in 0..<50_000 {
      text += Array("v\(number),1 0.5\(number < 100 ? String(repeating: "0", count: 900) : "")\n".utf8)
    }
    let file = try PredictionFile(folder.write(text, "a.csv"))
    #expect(file.count == 50_000)
    for number in stride(from: 49_999, through: 0, by: -7) {
      #expect(Array("v\(number)".utf8).withUnsafeBytes { file.number(of: $0) } == number)
    }
    #expect(Array("v50000".utf8).withUnsafeBytes { file.number(of: $0) } == nil)
    #expect(file.byteCount(of: 0..<50_000) == text.count - 10)
    file.releaseRows(0..<50_000)
    #expect(file.lineNumber(of: 49_999) == 50_001)
  }
}
