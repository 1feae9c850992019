import Bytes
import Foundation
import Records
import TestSupport
import Testing

@Suite struct ConditionTests {
  /// A frame-level record as protobuf would write it.
  static func video(_ id: String, labels: [Int64], frames: Int) -> [UInt8] {
    func field(_ number: UInt64, _ contents: [UInt8]) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(varint: number << 3 | 2)
      bytes.append(varint: contents.count)
      return bytes + contents
    }
    var numbers: [UInt8] = []
    for label in labels { numbers.append(varint: UInt64(bitPattern: label)) }
    let idFeature = field(1, field(1, Array(id.utf8)))
    let labelFeature = field(3, field(1, numbers))
    let context =
      field(1, field(1, Array("id".utf8)) + field(2, idFeature))
      + field(1, field(1, Array("labels".utf8)) + field(2, labelFeature))
    let frame = field(1, field(1, field(1, [7])))
    let list = field(1, field(1, Array("rgb".utf8)) + field(2, (0..<frames).flatMap { _ in frame }))
    return field(1, context) + field(2, list)
  }

  static let known = video("00ab", labels: [1, 5, 3861], frames: 30)

  func holds(_ text: String, _ record: [UInt8] = known) throws -> Bool {
    let condition = try ConditionParser.parse(text)
    return try record.withUnsafeBytes { try condition.holds(for: RecordMessage($0)) }
  }

  @Test(arguments: [
    ("frames >= 30", true), ("frames > 30", false), ("frames = 30", true), ("frames == 30", true),
    ("frames != 30", false), ("frames < 31", true), ("frames <= 29", false), ("frames>=30", true),
    ("labels contains 5", true), ("labels contains 50", false), ("label_count = 3", true),
    ("id = 00ab", true), ("id = \"00ab\"", true), ("id != '00ab'", false), ("id ~ \"^00\"", true),
    ("id ~ \"^ab\"", false), ("id ~ 'b$'", true), ("id ~ '(00|11)a.'", true),
    ("not id ~ \"^00\"", false), ("not not frames = 30", true),
    ("frames >= 30 and labels contains 5 and not id ~ \"^00\"", false),
    ("frames = 1 and frames = 2 or frames = 30", true), ("frames = 30 or frames = 1 and frames = 2", true),
    ("(frames = 30 or frames = 1) and frames = 2", false), ("frames = -1", false), ("id = 'a\\'b'", false),
  ])
  func answersAsWritten(_ text: String, _ expected: Bool) throws { #expect(try holds(text) == expected) }

  @Test(arguments: [
    ("", 1), ("frames", 7), ("frames >=", 10), ("frames >= x", 11), ("frames 3", 8), ("labels = 3", 8),
    ("labels contains", 16), ("colour = 3", 1), ("id = ", 6), ("id ~ '('", 6), ("id = 'open", 6),
    ("(frames = 1", 12), ("frames = 1)", 11), ("frames = 1 frames = 2", 12), ("and", 1), ("frames = 1 and", 15),
    ("frames = 99999999999999999999", 10), ("frames ! 1", 8), (String(repeating: "(", count: 500), 1),
  ])
  func mistakesAreShownWhereTheyAre(_ text: String, _ column: Int) {
    let error = #expect(throws: KernelError.self) { try ConditionParser.parse(text) }
    #expect(error?.kind == .usage)
    #expect(error?.problem.hasPrefix("condition, column \(column): ") == true, "\(error?.problem ?? "")")
  }

  @Test func whatARecordLacksIsAnError() throws {
    let means = fixture("records/tf1/examples.tfrecord")
    let writer = RecordWriter(to: CollectingSink())
    let filter = RecordFilter(try ConditionParser.parse("frames >= 1"), Workers(1))
    let error = #expect(throws: KernelError.self) { try filter.run([means], into: writer) }
    #expect(error?.kind == .badData)
    #expect(error?.problem.contains("no frames to count") == true)
  }

  @Test func filteringKeepsFramesByteForByte() throws {
    let folder = TemporaryFolder()
    let videos = (0..<500).map {
      ConditionTests.video("id\($0)", labels: [Int64($0 % 7), 100], frames: 1 + $0 % 50)
    }
    let input = try folder.write(recordBytes(videos), "in")
    func filtered(_ condition: RecordCondition, threads: Int = 2) throws -> ([UInt8], RecordFilter.Summary) {
      let sink = CollectingSink()
      let writer = RecordWriter(to: sink)
      let summary = try RecordFilter(condition, Workers(threads)).run([input], into: writer)
      try writer.commit()
      return (sink.bytes, summary)
    }
    let kept = videos.enumerated().filter { $0.offset % 7 == 3 || $0.offset % 7 == 5 }.map(\.element)
    let (byLabel, summary) = try filtered(.labels([3, 5, 999]))
    #expect(try byLabel == recordBytes(kept))
    #expect(summary.keptCount == kept.count && summary.droppedCount == 500 - kept.count)
    let others = videos.enumerated().filter { $0.offset % 7 != 3 && $0.offset % 7 != 5 }.map(\.element)
    #expect(try filtered(.not(.labels([3, 5]))).0 == recordBytes(others))
    #expect(try filtered(.frames(.atLeast, 1), threads: 1).0 == contents(input))

    let ids = try ByteStringSet([Array("id3".utf8), Array("id499".utf8), Array("nobody".utf8), Array("id3".utf8)])
    let (byID, found) = try filtered(.idIsAmong(ids))
    #expect(try byID == recordBytes([videos[3], videos[499]]))
    #expect(ids.count == 3)
    #expect(found.foundIDs == [0, 1])
  }

  @Test func aSetFindsItsStringsAndNoOthers() throws {
    let strings = (0..<5000).map { Array("video \($0)".utf8) }
    let set = try ByteStringSet(strings + [[]])
    #expect(set.count == 5001)
    for (number, string) in strings.enumerated() {
      #expect(string.withUnsafeBytes { set.index(of: $0) } == number)
    }
    #expect(Array("video 5000".utf8).withUnsafeBytes { set.index(of: $0) } == nil)
    #expect(set.string(17) == strings[17])
    let folder = TemporaryFolder()
    let lines = try ByteStringSet(linesOf: folder.write(Array("a\r\nb\n\nc d".utf8), "ids"))
    #expect((0..<lines.count).map { lines.string($0) } == [[97], [98], [99, 32, 100]])
  }
}
