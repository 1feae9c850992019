import Bytes
import Glibc
import TestSupport
import Testing

@testable import Predictions

@Suite struct BootstrapTests {
  private func videos(_ seed: UInt64, count: Int) -> ScoredVideos {
    var random = SplitMix(seed: seed)
    var videos = ScoredVideos(classCount: 12)
    for _ in 0..<count {
      let labels = (0..<12).map { Int32($0) }.shuffled(using: &random)
      let scores = (0..<8).map { _ in Float.random(in: 0...1, using: &random) }
      videos.append(labels: labels.prefix(8), scores: scores, truth: labels.shuffled(using: &random).prefix(2))
    }
    return videos
  }

  /// The same videos as often as a resample has them, scored as any others are.
  @Test func aResampleIsScoredAsItsVideosWouldBe() throws {
    let videos = videos(3, count: 40)
    let samples = try VideoBootstrap(videos, topK: 5, Workers(1)).samples(5, seed: 11, Workers(2))
    for (index, sample) in samples.enumerated() {
      var resampled = ScoredVideos(classCount: 12)
      let drawn = VideoBootstrap.draw(videos.count, seed: 11, sample: index)
      for (video, count) in drawn.enumerated() {
        for _ in 0..<count {
          let range = videos.range(video)
          let positives = videos.positives[2 * video..<2 * video + 2]
          resampled.append(labels: videos.labels[range], scores: videos.scores[range], truth: positives)
        }
      }
      let expected = try VideoMetrics(resampled, topK: 5, .order, Workers(1))
      #expect(abs(sample.globalAveragePrecision - expected.globalAveragePrecision) < 1e-12)
      #expect(abs(sample.hitAtOne - expected.hitAtOne) < 1e-12)
      #expect(abs(sample.equalRecallPrecision - expected.equalRecallPrecision) < 1e-12)
      #expect(abs(sample.meanAveragePrecision - expected.meanAveragePrecision) < 1e-12)
    }
  }

  /// The same segments of as many copies of their videos, ranked and scored as any others are.
  @Test(arguments: [SegmentMetrics.Rule.complete, .published])
  func aResampleOfSegmentsIsScoredAsItsVideosWouldBe(rule: SegmentMetrics.Rule) throws {
    var random = SplitMix(seed: 12)
    let folder = TemporaryFolder()
    let ids = (0..<8).flatMap { video in [0, 5, 10].map { (video: video, start: $0) } }
    var ratings: [(video: Int, start: Int, label: Int, isPositive: Bool)] = []
    for (video, start) in ids {
      for label in 0..<5 where Bool.random(using: &random) {
        ratings.append((video, start, label, Int.random(in: 0..<3, using: &random) == 0))
      }
    }
    // The file does not have class 4, and does not rank all segments; the last one is rated by nobody.
    let lists = (0..<4).map { _ in ids.shuffled(using: &random).prefix(18) }
    func truth(_ counts: [UInt32]) throws -> SegmentTruth {
      let lines = ratings.flatMap { rating in
        (0..<counts[rating.video]).map {
          "v\(rating.video)#\($0):\(rating.start),\(rating.label),\(rating.isPositive ? 1 : 0)\n"
        }
      }
      unlink(folder("t"))
      return try SegmentTruth([folder.write(Array(lines.joined().utf8), "t")], Workers(1))
    }
    func file(_ counts: [UInt32]) throws -> SegmentFile {
      let lines = lists.enumerated().map { label, list in
        let copies = list.flatMap { id in (0..<counts[id.video]).map { "v\(id.video)#\($0):\(id.start)" } }
        return "\(label),\((copies + ["w:0"]).joined(separator: " "))\n"
      }
      unlink(folder("f"))
      return try SegmentFile(folder.write(Array(lines.joined().utf8), "f"))
    }
    let once = [UInt32](repeating: 1, count: 8)
    let bootstrap = try SegmentBootstrap(file(once), truth(once), rule: rule, Workers(2))
    let samples = try bootstrap.samples(20, seed: 5, Workers(2))
    #expect(Set(samples).count > 15)
    for (index, sample) in samples.enumerated() {
      // Videos are numbered as the ratings first name them, which is their order here.
      let counts = VideoBootstrap.draw(8, seed: 5, sample: index)
      let expected = try SegmentMetrics(file(counts), truth(counts), rule: rule, Workers(1))
      #expect(abs(sample - expected.meanAveragePrecision) < 1e-12)
    }
  }

  @Test func resamplesDependOnTheSeedAlone() throws {
    let bootstrap = try VideoBootstrap(videos(4, count: 30), Workers(2))
    let one = try bootstrap.samples(20, seed: 1, Workers(1))
    #expect(try bootstrap.samples(20, seed: 1, Workers(3)) == one)
    #expect(try bootstrap.samples(20, seed: 2, Workers(1)) != one)
  }

  @Test func intervalsAreNumpysPercentiles() throws {
    // numpy.percentile([3, 1, 2, 10, 7], [2.5, 97.5])
    let interval = try #require(PercentileInterval([3, 1, 2, 10, 7]))
    #expect(abs(interval.low - 1.1) < 1e-12 && abs(interval.high - 9.7) < 1e-12)
    #expect(PercentileInterval([]) == nil)
    #expect(PercentileInterval([4]).map { [$0.low, $0.high] } == [4, 4])
  }

  @Test func missingVideosCountAsWrong() throws {
    let folder = TemporaryFolder()
    let truth = try VideoTruth([folder.write(Array("a,1\nb,2\nc,\n".utf8), "t")], Workers(1))
    let text = "VideoId,LabelConfidencePairs\nx,1 0.9\nb,2 0.5 1 0.5\n"
    let file = try PredictionFile(folder.write(Array(text.utf8), "p"))
    let videos = try ScoredVideos(file, truth, Workers(1))
    #expect(videos.count == 3 && videos.missingCount == 2 && videos.extraCount == 1)
    #expect(videos.truthNumbers == [1, 0, 2])
    let metrics = try VideoMetrics(videos, .order, Workers(1))
    // Of the two equal scores the smaller label is the best prediction.
    #expect(metrics.hitAtOne == 0)
    #expect(metrics.globalAveragePrecision == 0.5)
    #expect(metrics.classes.map(\.averagePrecision) == [0, 1])
    let strangers = try VideoTruth([folder.write(Array("z,1\n".utf8), "s")], Workers(1))
    #expect(throws: KernelError.self) { try ScoredVideos(file, strangers, Workers(1)) }
  }

  @Test(arguments: [
    ("1 0.5 1 0.25", "label 1 is there twice"), ("1048576 0.5", "label 1048576 exceeds 1048575"),
  ]) func rowsThatCannotBeScoredAreRefused(cell: String, problem: String) throws {
    let folder = TemporaryFolder()
    let truth = try VideoTruth([folder.write(Array("a,1\n".utf8), "t")], Workers(1))
    let file = try PredictionFile(folder.write(Array("V,L\na,\(cell)\n".utf8), "p"))
    #expect {
      try ScoredVideos(file, truth, Workers(1))
    } throws: {
      ($0 as? KernelError)?.problem == problem && ($0 as? KernelError)?.place == .line(2)
    }
  }
}
