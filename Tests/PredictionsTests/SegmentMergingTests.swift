import Bytes
import Foundation
import TestSupport
import Testing

@testable import Predictions

@Suite struct SegmentMergingTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String, _ name: String) throws -> SegmentFile {
    try SegmentFile(folder.write(Array(text.utf8), name))
  }

  private func merged(
    _ files: [SegmentFile], _ options: SegmentMerge.Options, template: SegmentFile? = nil, threads: Int = 2
  ) throws -> (text: String, report: SegmentMerge.Report) {
    let sink = TextSink()
    let report = try SegmentMerge(files, options).write(to: sink, template: template, Workers(threads))
    return (sink.text, report)
  }

  struct Expected: Decodable {
    struct Blend: Decodable {
      let w0: Double
      let weights: [Double]
      let csv: String
      let map: Double
    }

    let files: [String]
    let blends: [Blend]
  }

  private func expected() throws -> (blends: [Expected.Blend], files: [SegmentFile]) {
    let json = Data(fixtureBytes("merging/blends/expected.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: json)
    return (expected.blends, try expected.files.map { try SegmentFile(fixture("merging/blends/" + $0)) })
  }

  @Test(arguments: [0, 3]) func blendsAreThoseOfTheNotebook(number: Int) throws {
    let (blends, files) = try expected()
    var options = SegmentMerge.Options(w0: blends[number].w0)
    options.weights = blends[number].weights
    options.classOrder = .text
    for threads in [1, 3] {
      let text = try merged(files, options, threads: threads).text
      #expect(Array(text.utf8) == fixtureBytes("merging/blends/" + blends[number].csv))
    }
  }

  @Test func ensembleScriptIsReproduced() throws {
    let (_, files) = try expected()
    var options = SegmentMerge.Options(w0: 1)
    options.weights = [0.772, 0.651, 0.705].map { $0 * $0 }
    options.classOrder = .text
    options.usesCRLF = true
    #expect(try Array(merged(files, options).text.utf8) == fixtureBytes("merging/blends/ensemble_v3.csv"))
  }

  @Test func shiftedRunsAreMergedAsInTheNotebook() throws {
    let files = try ["", "_shift1", "_shift-1"].map {
      try SegmentFile(fixture("merging/shifts/bert_oof\($0)_sorted.csv"))
    }
    var options = SegmentMerge.Options()
    options.classOrder = .text
    #expect(try Array(merged(files, options).text.utf8) == fixtureBytes("merging/blends/bert_all3.csv"))
  }

  /// The notebook leaves classes out that the files do not have; here they count as 0, and they are 4 of 10.
  @Test func joinedFilesHaveTheMeanAveragePrecisionOfTheNotebook() throws {
    let (blends, files) = try expected()
    let truth = try SegmentTruth([fixture("records/tm/validate0000.tfrecord")], Workers(2))
    let joined = try JoinedSegments(files, truth, w0: 1, Workers(2))
    for blend in blends {
      let found = try joined.evaluate(weights: blend.weights, w0: blend.w0)
      #expect(abs(found * 10 / 6 - blend.map) < 1e-12)
    }
  }

  @Test(arguments: [nil, 3.7] as [Double?], [5, 100_000])
  func joinedFilesHaveTheMetricOfTheMergedOne(w0: Double?, topK: Int) throws {
    let (blends, files) = try expected()
    let truth = try SegmentTruth([fixture("records/tm/validate0000.tfrecord")], Workers(2))
    let joined = try JoinedSegments(files, truth, w0: w0, topK: topK, Workers(2))
    for weights in blends.map(\.weights) + [[1, 0, 0]] {
      var options = SegmentMerge.Options(w0: w0)
      options.weights = weights
      options.topK = topK
      let file = try file(merged(files, options).text, "merged.csv")
      let metrics = try SegmentMetrics(file, truth, topK: topK, Workers(1))
      #expect(abs(try joined.evaluate(weights: weights) - metrics.meanAveragePrecision) < 1e-12)
    }
  }

  @Test func eachFileMustHaveRatedSegments() throws {
    let truth = try SegmentTruth(
      [folder.write(Array("x:0,3,1\ny:0,3,0\ny:5,4,1\n".utf8), "truth.csv")], Workers(1))
    // What is rated stands in the first place.
    let good = try file("3,y:0\n", "good.csv")
    // Its class is rated, its segment is not.
    let strange = try file("3,z:0\n", "strange.csv")
    for w0 in [nil, 1.0] {
      #expect(try JoinedSegments([good], truth, w0: w0, Workers(1)).lackingCounts == [1])
      let error = #expect(throws: KernelError.self) {
        _ = try JoinedSegments([good, strange], truth, w0: w0, Workers(1))
      }
      #expect(error?.source == strange.name && error?.problem == "no segment is rated in the ground truth")
    }
  }

  @Test func classesOfSomeFilesOnlyAndTemplatesAreCounted() throws {
    let a = try file("3,x:0 y:0\n20,x:5\n", "a.csv")
    let b = try file("Class,Segments\n3,y:0\n1,z:0\n", "b.csv")
    var options = SegmentMerge.Options(w0: 1)
    let union = try merged([a, b], options)
    #expect(union.text == "Class,Segments\n3,y:0 x:0\n20,x:5\n1,z:0\n")
    #expect(union.report == .init(classCount: 3, partialCount: 2, lacking: [1, 1]))
    options.rows = .intersection
    #expect(try merged([a, b], options).report.leftOut == [20, 1])
    let template = try file("Class,Segments\n1,d:0\n4,d:0 d:5\n3,d:0\n", "sample.csv")
    let filled = try merged([a, b], options, template: template)
    #expect(filled.text == "Class,Segments\n1,z:0\n4,d:0 d:5\n3,y:0 x:0\n")
    #expect(filled.report.filled == [4])
    #expect(filled.report.leftOut == [20])
    options.topK = 1
    #expect(try merged([a, b], options).text == "Class,Segments\n3,y:0\n")
  }

  @Test func aSegmentThatIsTwiceInALineIsNamed() throws {
    let a = try file("3,x:0 y:0 x:0\n", "a.csv")
    let error = #expect(throws: KernelError.self) { try merged([a], .init()) }
    #expect(error?.place == .line(1))
    #expect(error?.problem == "class 3: segment x:0 is there twice")
  }

  /// Ids of all lengths, many of them, against a dictionary.
  @Test func ranksAreAddedUpForEachId() throws {
    var random = SplitMix(seed: 4)
    let ids = (0..<3000).map { "\(String(repeating: "v", count: $0 % 40))\($0):\(5 * ($0 % 60))" }
    let lists = (0..<3).map { _ in Array(ids.shuffled(using: &random).prefix(2500)) }
    let files = try lists.enumerated().map { try file("7,\($1.joined(separator: " "))\n", "\($0).csv") }
    let weights = [1.0, 0.5, 3]
    var sums: [String: Double] = [:]
    var mentions: [String: Int] = [:]
    for (list, weight) in zip(lists, weights) {
      for (place, id) in list.enumerated() {
        sums[id, default: 0] += weight * (2 / (Double(place) + 2))
        if mentions[id] == nil { mentions[id] = mentions.count }
      }
    }
    let expected = sums.sorted {
      $0.value != $1.value ? $0.value > $1.value : (mentions[$0.key] ?? 0) < (mentions[$1.key] ?? 0)
    }
    var options = SegmentMerge.Options(w0: 2)
    options.weights = weights
    #expect(try merged(files, options).text == "Class,Segments\n7,\(expected.map(\.key).joined(separator: " "))\n")
  }
}
