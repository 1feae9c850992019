import Bytes
import Glibc
import TestSupport
import Testing

@testable import Predictions

/// Damaged files end in an error of ours or in an answer, never in a trap; the seeds are fixed.
@Suite struct DamageTests {
  private func view(_ bytes: [UInt8]) throws -> WholeInput {
    try WholeInput(named: "damaged") { try $0.write(bytes) }
  }

  /// Runs `read` on damaged copies of `whole`, cut to a few lines so that each is quick; some must be accepted.
  private func damage(_ whole: [UInt8], seed: UInt64, count: Int, _ read: (WholeInput) throws -> Void) throws {
    var random = SplitMix(seed: seed)
    var accepted = 0
    for _ in 0..<count {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) { bytes = random.damage(bytes) }
      do {
        try read(view(bytes))
        accepted += 1
      } catch let error as KernelError {
        #expect(error.kind == .badData && !error.problem.isEmpty)
        #expect(!error.description.utf8.contains { $0 < 0x20 })
      }
    }
    #expect(accepted > 0)
  }

  private func lines(_ name: String, _ count: Int) -> [UInt8] {
    Array(
      fixtureBytes(name).split(separator: 10, omittingEmptySubsequences: false).prefix(count).joined(separator: [10]
      ))
  }

  private final class Nowhere: ByteSink {
    func write(_ bytes: UnsafeRawBufferPointer) {}
  }

  @Test func videosWithstandDamage() throws {
    try damage(lines("fakes/predictions.csv", 4), seed: 1, count: 10_000) { input in
      let file = try PredictionFile(input)
      var pairs = PredictionPairs()
      for row in 0..<file.count {
        try file.read(row, into: &pairs)
        #expect(file.withRow(row) { row in file.number(of: row.id) } == row)
        #expect(pairs.scores.prefix(pairs.count).allSatisfy { $0.isFinite })
      }
    }
  }

  @Test func scoringWithstandsDamage() throws {
    let truth = try VideoTruth([fixture("predictions/miha_labels.csv")], Workers(1))
    try damage(lines("fakes/predictions.csv", 4), seed: 2, count: 500) { input in
      let file = try PredictionFile(anyFormat: input, Workers(1))
      let videos = try ScoredVideos(file, truth, classCount: 3862, Workers(1))
      let metrics = try VideoMetrics(videos, .reference(videoCount: videos.count), Workers(1))
      #expect((0...1).contains(metrics.globalAveragePrecision))
    }
  }

  @Test func segmentsWithstandDamage() throws {
    let truth = try SegmentTruth([fixture("records/tm/labels.cache.csv")], Workers(1))
    let text = "Class,Segments\n3,v039:230 v020:50 v013:165\n11,v000:165 v000:130\n20,v001:250\n"
    try damage(Array(text.utf8), seed: 3, count: 10_000) { input in
      let file = try SegmentFile(input)
      let metrics = try SegmentMetrics(file, truth, Workers(1))
      #expect((0...1).contains(metrics.meanAveragePrecision))
    }
  }

  @Test func jsonWithstandsDamage() throws {
    let line =
      "{\"video_id\": [\"a\\u00e4\"], \"class_indexes\": [[3, 17]], \"predictions\": [[0.267829, 1e-05]]}\n"
    try damage(Array(line.utf8), seed: 4, count: 10_000) { input in
      try PredictionFile(anyFormat: input, Workers(1)).write(to: Nowhere(), .reference, Workers(1))
    }
  }

  @Test func arraysWithstandDamage() throws {
    for (seed, name) in ["wide", "deflated"].enumerated() {
      let whole = fixtureBytes("predictions/arrays/\(name).npz")
      try damage(whole, seed: UInt64(5 + seed), count: 3_000) { input in
        try PredictionFile(anyFormat: input, Workers(1)).write(to: Nowhere(), .reference, Workers(1))
      }
    }
  }

  @Test func checkingWithstandsDamage() throws {
    for (seed, name) in ["fakes/predictions.csv", "predictions/segments/sub_header.csv"].enumerated() {
      try damage(Array(lines(name, 4).prefix(3000)), seed: UInt64(8 + seed), count: 4_000) { input in
        let check = try SubmissionCheck(input)
        #expect(check.findings.allSatisfy { !$0.problem.isEmpty })
      }
    }
  }

  @Test func truthWithstandsDamage() throws {
    let folder = TemporaryFolder()
    var random = SplitMix(seed: 10)
    var accepted = 0
    for name in ["predictions/miha_labels.csv", "records/tm/labels.cache.csv"] {
      let whole = Array(lines(name, 8))
      for _ in 0..<3_000 {
        unlink(folder("t"))
        let path = folder.write(random.damage(whole), "t")
        do { accepted += try VideoTruth([path], Workers(1)).count >= 0 ? 1 : 0 } catch is KernelError {}
        do { accepted += try SegmentTruth([path], Workers(1)).ratingCount >= 0 ? 1 : 0 } catch is KernelError {}
      }
    }
    #expect(accepted > 0)
  }
}
