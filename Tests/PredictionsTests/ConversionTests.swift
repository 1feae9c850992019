import Bytes
import Tensors
import TestSupport
import Testing

@testable import Predictions

@Suite struct ConversionTests {
  private let folder = TemporaryFolder()

  private final class Collected: ByteSink {
    var bytes: [UInt8] = []
    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private func open(_ text: String) throws -> PredictionFile {
    try PredictionFile(anyFormat: folder.write(Array(text.utf8), "a"), Workers(2))
  }

  private func csv(_ file: PredictionFile, _ format: NumberFormat = .reference) throws -> String {
    let sink = Collected()
    try file.write(to: sink, format, Workers(2))
    return sink.text
  }

  @Test func formatsAreToldApart() {
    func format(_ text: String) -> PredictionFormat { PredictionFormat(ByteView(Array(text.utf8))) }
    #expect(format("VideoId,LabelConfidencePairs\n1,2 0.5\n") == .videos)
    #expect(format("\u{feff}Class,Segments\r\n1,a:0\n") == .segments)
    #expect(format("class,segments\n") == .segments)
    #expect(format("12,a:0 b:5\n") == .segments)
    #expect(format("12,3 0.5\n") == .videos)
    #expect(format("\n  {\"video_id\": 1}\n") == .jsonLines)
    #expect(format("PK\u{3}\u{4}") == .npz)
    #expect(format("") == .videos)
  }

  @Test func jsonLinesAreRead() throws {
    let file = try open(
      """
      {"video_id": "a", "class_indexes": [3, 1], "predictions": [0.26782894134521484, 1e-5]}

      {"predictions": [[0.5]], "extra": {"x": [null]}, "class_indexes": [[7]], "video_id": ["\\u00e4,b"]}
      {"video_id": "c", "class_indexes": [], "predictions": []}
      """)
    #expect(
      try csv(file, .fixed(6))
        == "VideoId,LabelConfidencePairs\na,3 0.267829 1 0.000010\n\"ä,b\",7 0.500000\nc,\n")
    #expect(try csv(file, .shortest).contains("a,3 0.26782894134521484 1 1e-05\n"))
    #expect(file.place(of: 0) == nil)
    let sink = Collected()
    try file.writeJSON(to: sink, .shortest, Workers(1))
    let line = "{\"video_id\": \"a\", \"class_indexes\": [3, 1], \"predictions\": [0.26782894134521484, 1e-05]}\n"
    #expect(sink.text.hasPrefix(line))
    #expect(try csv(open(sink.text)) == csv(file))
  }

  @Test(arguments: [
    ("{\"video_id\": \"a\"}", "a line must have video_id, class_indexes and predictions"),
    (
      "{\"video_id\": \"a\", \"class_indexes\": [1], \"predictions\": []}",
      "1 class_indexes, but 0 predictions"
    ),
    ("{\"video_id\": [\"a\", \"b\"], \"class_indexes\": [], \"predictions\": []}", "video_id is a list of 2"),
    ("{\"video_id\": \"\", \"class_indexes\": [], \"predictions\": []}", "the id is empty"),
    ("{\"video_id\": \"a\", \"class_indexes\": [-1], \"predictions\": [1]}", "-1 is not a label"),
    (
      "{\"video_id\": \"a\", \"class_indexes\": [1], \"predictions\": [1e39]}",
      "a score is too large for a float32"
    ),
    (
      "{\"video_id\": \"a\", \"class_indexes\": [1], \"predictions\": [1e400]}",
      "a number exceeds the range of a double"
    ),
    ("{\"video_id\": \"a\", \"class_indexes\": [1], \"predictions\": [NaN]}", "a value is expected"),
    (
      "{\"video_id\": \"a\", \"class_indexes\": [1, [2]], \"predictions\": [1]}",
      "a list of numbers, or a list of one such list, is expected"
    ),
    ("{\"video_id\": \"a\", \"class_indexes\": [1", "the JSON text ends too early"),
  ]) func brokenLinesAreRefused(line: String, problem: String) {
    let good = "{\"video_id\": \"z\", \"class_indexes\": [], \"predictions\": []}\n\n"
    #expect { try open(good + line) } throws: {
      ($0 as? KernelError)?.problem == problem && ($0 as? KernelError)?.place == .line(3)
    }
  }

  @Test func repeatedIdsAreRefusedWhereThereAreNoLines() {
    let line = "{\"video_id\": \"z\", \"class_indexes\": [], \"predictions\": []}\n"
    #expect { try open(line + line) } throws: {
      ($0 as? KernelError)?.problem == "video z is there twice" && ($0 as? KernelError)?.place == nil
    }
  }

  @Test(arguments: [
    "VideoId\n", "vids,std\na,0.5\n", "a,1 0.5\n", "Class,Segments\n1,a:0\n", "", "1,2 0.5\n",
    "VideoId,LabelConfidencePairs,\na,1 0.5\n",
  ]) func otherFilesAreRefused(text: String) {
    #expect { try open(text) } throws: { ($0 as? KernelError)?.place == .line(1) }
  }

  @Test func headersMayBeSpelledInAnyCase() throws {
    #expect(try open("VideoID,LabelConfidencePairs\na,1 0.5\n").count == 1)
    #expect(try open("\u{feff}\"videoid\",\"LABELCONFIDENCEPAIRS\"\r\na,1 0.5\r\n").count == 1)
  }

  @Test(arguments: [1, 3]) func arraysComeBack(threads: Int) throws {
    let file = try open("VideoId,LabelConfidencePairs\na,3 0.25 1 0.1\nlonger,\nc,2147483647 1e-30\n")
    try PredictionArrays.write(file, to: folder("a.npz"), existing: .refuse, Workers(threads))
    let archive = try NpzArchive(path: folder("a.npz"))
    #expect(archive.members.map { String(decoding: $0.name, as: UTF8.self) } == ["ids", "labels", "scores"])
    #expect(archive.members.map(\.header.shape.dimensions) == [[3], [3, 2], [3, 2]])
    let labels = try archive.bytes(of: archive.members[1]).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    #expect(labels == [3, 1, -1, -1, Int32.max, -1])
    let back = try PredictionFile(anyFormat: folder("a.npz"), Workers(threads))
    #expect(try csv(back) == csv(file))
  }

  /// The text of a float32 rounds the float, not its shortest decimal form.
  @Test func arraysOfFloatsAreNotRoundedTwice() throws {
    let file = try open("VideoId,LabelConfidencePairs\na,1 1e-45 2 0.1\n")
    try PredictionArrays.write(file, to: folder("a.npz"), existing: .refuse, Workers(1))
    let back = try PredictionFile(anyFormat: folder("a.npz"), Workers(1))
    #expect(try csv(back) == "VideoId,LabelConfidencePairs\na,1 1.4013e-45 2 0.1\n")
    #expect(try csv(back, .significant(9)).hasSuffix("a,1 1.40129846e-45 2 0.100000001\n"))
  }

  /// numpy wrote these with other types (`predictions/arrays`).
  @Test(arguments: ["arrays/wide.npz", "arrays/deflated.npz"]) func numpysArraysAreRead(name: String) throws {
    let file = try PredictionFile(anyFormat: fixture("predictions/" + name), Workers(1))
    #expect(try csv(file) == "VideoId,LabelConfidencePairs\nä,3 0.1 1 -2.5\nb,7 1e-30\nc d,\n")
  }

  @Test(arguments: ["nan", "missing", "shape", "negative", "type", "empty"])
  func brokenArraysAreRefused(name: String) {
    #expect {
      try PredictionFile(anyFormat: fixture("predictions/arrays/\(name).npz"), Workers(1))
    } throws: {
      ($0 as? KernelError)?.kind == .badData
    }
  }
}
