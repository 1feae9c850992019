import Bytes
import Foundation
import TestSupport
import Testing

@testable import Predictions

@Suite struct SegmentMetricsTests {
  private let folder = TemporaryFolder()

  struct Evaluation: Decodable, Sendable {
    let ok: Bool
    let repo: String
    let submission: String
    let topN: Int
    let labels: String
    let map: Double?
    let aps: [Double]?
    let log: String?
  }

  static let evaluations: [Evaluation] = {
    let json = Data(fixtureBytes("predictions/segments/expected.json"))
    return ((try? JSONDecoder.snakeCase.decode([Evaluation].self, from: json)) ?? []).filter {
      $0.ok && $0.repo == "tm"
    }
  }()

  @Test func casesAreFound() { #expect(SegmentMetricsTests.evaluations.count == 16) }

  @Test(arguments: evaluations) func publishedRulesGiveThePublishedNumbers(golden: Evaluation) throws {
    let labels = golden.labels == "cache" ? "labels.cache.csv" : "seg_labels0.tfrecord"
    let truth = try SegmentTruth([fixture("records/tm/" + labels)], Workers(2))
    let name = golden.submission == "sub_full.csv" ? "sub_full.csv.gz" : golden.submission
    let file = try SegmentFile(fixture("predictions/segments/" + name), takesLast: true)
    let found = try SegmentMetrics(
      file, truth, topK: golden.topN == 0 ? nil : golden.topN, rule: .published, Workers(2))
    #expect(abs(found.meanAveragePrecision - (golden.map ?? -1)) < 1e-9)
    let aps = try #require(golden.aps)
    #expect(found.classes.count == aps.count)
    for (score, expected) in zip(found.classes, aps) { #expect(abs(score.averagePrecision - expected) < 1e-9) }
    #expect(golden.log?.hasPrefix("Num classes: \(found.lineCount) ") == true)
  }

  /// Small enough to follow by hand.
  @Test func theLastSegmentCountsUnlessAsPublished() throws {
    let truth = try SegmentTruth([fixture("predictions/segments/tiny/labels.cache.csv")], Workers(1))
    let file = try SegmentFile(fixture("predictions/segments/tiny/sub.csv"))
    let published = try SegmentMetrics(file, truth, rule: .published, Workers(1))
    #expect(published.classes.map(\.averagePrecision) == [0.5, 0.5])
    #expect(published.meanAveragePrecision == 0.5)
    let complete = try SegmentMetrics(file, truth, Workers(1))
    // Of class 3, a:0 and b:0 are right, a:5 between them is not; class 9 is not in the file.
    let precisions = complete.classes.map(\.averagePrecision)
    let first: Double = (1.0 + 2.0 / 3.0) / 2.0
    #expect(precisions == [first, 0.5, 0])
    #expect(complete.missingClasses == [9])
    #expect(complete.classes.map(\.label) == [3, 4, 9])
  }

  @Test func repeatedSegmentsCountOnce() throws {
    let truth = try SegmentTruth([folder.write(Array("a:0,1,1\nb:0,1,1\nc:0,1,0\n".utf8), "l.csv")], Workers(1))
    let file = try SegmentFile(folder.write(Array("1,a:0 a:0 c:0 b:0".utf8), "s.csv"))
    let expected: Double = (1.0 + 2.0 / 3.0) / 2.0
    #expect(try SegmentMetrics(file, truth, Workers(1)).meanAveragePrecision == expected)
    #expect(try SegmentMetrics(file, truth, topK: 3, Workers(1)).meanAveragePrecision == 0.5)
  }
}

@Suite struct SegmentFileTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String, takesLast: Bool = false) throws -> SegmentFile {
    try SegmentFile(folder.write(Array(text.utf8), "a.csv"), takesLast: takesLast)
  }

  private func ids(_ file: SegmentFile, _ row: Int) -> [String] {
    file.withIDs(row) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test func classesAndIdsAreFound() throws {
    let found = try file("\u{feff}Class,Segments\r\n3,a:0  b:5 \r\n\r\n1,\n007,\"c:0\"\n")
    #expect(found.header == SegmentFile.header)
    #expect(found.rows.map(\.label) == [3, 1, 7])
    #expect(found.rows.map(\.lineNumber) == [2, 4, 5])
    #expect(ids(found, 0) == ["a:0", "b:5"])
    #expect(ids(found, 1) == [])
    #expect(ids(found, 2) == ["c:0"])
    #expect(try file("5,a:0").header == nil)
  }

  @Test func theLastOfRepeatedClassesMayCount() throws {
    let found = try file("1,a\n2,b\n1,c\n", takesLast: true)
    #expect(found.rows.map(\.label) == [1, 2])
    #expect(ids(found, 0) == ["c"])
  }

  @Test(arguments: [
    ("", 1, "there is no class"), ("Class,Segments\n", 1, "there is no class"),
    ("1,a\nx,b\n", 2, "'x,b' is not a class (a whole number from 0)"), ("1\n", 1, "the row has a single column"),
    ("C,S\n1,a\n\n1,b\n", 4, "class 1 is in line 2 already"), ("-1,a\n", 1, "class -1 is negative"),
    ("2147483648,a\n", 1, "class 2147483648 exceeds 2147483647"),
    ("\"1,a\n", 1, "a quoted field does not end in its line"),
    ("1,a:0 b:5\n2,a:0\tb:5\n", 2, "class 2: there is a tab where a blank belongs"),
    (
      "1,a:0\n2,\(String(repeating: "v:10 ", count: 6553))v:\n3,b:0\n", 2, "the cell is cut at 32767 characters"
    ),
  ]) func brokenFilesAreRefused(text: String, line: Int, problem: String) {
    #expect {
      try file(text)
    } throws: { error in
      let error = error as? KernelError
      return error?.kind == .badData && error?.place == .line(line) && error?.problem == problem
    }
  }

  /// A spreadsheet would have cut the other line too.
  @Test func aCellMayHaveTheLengthAtWhichSpreadsheetsCut() throws {
    let ids = String(repeating: "v:10 ", count: 6553)
    let found = try file("1,\(ids)v:\n2,\(ids)v:0\n")
    #expect(self.ids(found, 0).count == 6554 && self.ids(found, 1).last == "v:0")
  }

  @Test func theFormatIsToldFromTheFirstLine() throws {
    for text in [
      "Class,Segments\n", "\"Class\",\"Segments\"\n\"3\",\"a:0\"\n", "3,a:0 b:5\n", "\"3\",\"a:0\"\n",
      "3,\"a:0\"\n",
      "class,x\r\n", "\u{feff}3, a:0\n",
    ] {
      let input = try WholeInput(folder.write(Array(text.utf8), "f\(text.hashValue)"))
      #expect(PredictionFormat(input.bytes) == .segments, "\(text)")
    }
    for text in ["VideoId,LabelConfidencePairs\n", "a:0,3 0.5\n", "3,4 0.5\n", "3\n", "Classes,x\n", "", ",a:0\n"] {
      let input = try WholeInput(folder.write(Array(text.utf8), "f\(text.hashValue)"))
      #expect(PredictionFormat(input.bytes) == .videos, "\(text)")
    }
  }

  @Test func longLinesAreRead() throws {
    let count = 100_000
    let line = "12," + (0..<count).map { "v\($0):\($0 % 60 * 5)" }.joined(separator: " ") + "\n"
    let found = try file(line)
    #expect(ids(found, 0).count == count)
    #expect(ids(found, 0).last == "v99999:195")
  }
}

@Suite struct TruthTests {
  private let folder = TemporaryFolder()

  private func truth(_ text: String) throws -> VideoTruth {
    try VideoTruth([folder.write(Array(text.utf8), "t.csv")], Workers(1))
  }

  private func labels(_ truth: VideoTruth, _ id: String) -> [Int32]? {
    Array(id.utf8).withUnsafeBytes { truth.number(of: $0) }.map { truth.withLabels($0) { Array($0) } }
  }

  @Test func labelsAreSets() throws {
    let found = try truth("VideoId,Labels\r\na,3 1 3\r\nb,\n1e3, 7 \n")
    #expect(found.count == 3)
    #expect(labels(found, "a") == [1, 3])
    #expect(labels(found, "b") == [])
    #expect(labels(found, "1e3") == [7])
    #expect(labels(found, "1000") == nil)
    #expect(found.id(2) == "1e3")
    #expect(try truth("a,3\n").count == 1)
  }

  /// What `tfrecord-tool labels` writes of these records is what they are read as.
  @Test func recordsAreReadAsTheirLabels() throws {
    let records = fixture("records/tm/videolevel00.tfrecord")
    let other = folder.write(Array("VideoId,Labels\nother,1\n".utf8), "o.csv")
    let found = try VideoTruth([records, other], Workers(2))
    #expect(found.count > 1)
    #expect(labels(found, "other") == [1])
    let record = (0..<found.count).first { found.id($0) != "other" }
    #expect(found.labelCount(try #require(record)) > 0)
  }

  @Test(arguments: [
    ("a,1\nb\n", 2, "the row has a single column"), ("a,1\na,2\n", 2, "video a is there twice"),
    ("a,1\nb,x\n", 2, "'x' is not a label (a whole number from 0)"),
    ("a,1\nb,-1\n", 2, "'-1' is not a label (a whole number from 0)"),
    ("a,1\n,1\n", 2, "the id is empty"), ("a,1,2\n", 1, "the row has more than two columns"),
    ("a,99999999999\n", 1, "'99999999999' is not a label (a whole number from 0)"),
    ("a,1048575\nb,1048576\n", 2, "label 1048576 exceeds 1048575"),
  ]) func brokenLabelsAreRefused(text: String, line: Int, problem: String) {
    #expect {
      try truth(text)
    } throws: { error in
      let error = error as? KernelError
      return error?.kind == .badData && error?.place == .line(line) && error?.problem == problem
    }
  }

  @Test func theSameVideoInTwoFilesIsRefused() {
    let files = ["x", "y"].map { folder.write(Array("a,1\n".utf8), $0) }
    #expect(throws: KernelError.self) { try VideoTruth(files, Workers(1)) }
  }

  @Test func laterRatingsReplaceEarlierOnes() throws {
    let text = "a:0,1,1.0\na:0,1,0.0\na:0,2,0.5\nb:0,1,1\n"
    let found = try SegmentTruth([folder.write(Array(text.utf8), "r.csv")], Workers(1))
    let number = try #require(Array("a:0".utf8).withUnsafeBytes { found.number(of: $0) })
    #expect(found.rating(number, 1) == false)
    #expect(found.rating(number, 2) == true)
    #expect(found.rating(number, 3) == nil)
    #expect(found.positiveCounts == [1: 1, 2: 1])
  }

  @Test(arguments: ["a:0,1\n", "a:0,1,x\n", "a:0,x,1\n", ",1,1\n", "a:0,1,1,1\n"])
  func brokenRatingsAreRefused(text: String) {
    #expect {
      try SegmentTruth([folder.write(Array(("b:0,1,1\n" + text).utf8), "r.csv")], Workers(1))
    } throws: {
      ($0 as? KernelError)?.place == .line(2)
    }
  }
}
