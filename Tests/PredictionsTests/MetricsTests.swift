import Bytes
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Predictions

/// What the starter code's calculators made of random predictions (`predictions/metrics`).
@Suite struct MetricsTests {
  struct Case: Decodable {
    struct Batch: Decodable {
      let size: Int
      let hitAtOne: Double
      let perr: Double
      let gap20: Double
    }

    let n: Int
    let numClasses: Int
    let batches: [Int]
    let topK: Int
    let perBatch: [Batch]
    let avgHitAtOne: Double
    let avgPerr: Double
    let map: Double
    let gap: Double
    let aps: [Double]
    let hasTies: Bool
  }

  static let names = ["m_basic", "m_emptyrows", "m_segment_k1000", "m_ties", "m_topk5", "m_zeropred"]

  private func floats(_ archive: NpzArchive, _ name: String) throws -> [Float] {
    let member = try #require(archive.members.first { $0.name == Array(name.utf8) })
    return try archive.bytes(of: member).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// The rows of a case: a score for each class, and the labels as they are.
  private func videos(_ name: String, _ facts: Case, rows: Range<Int>) throws -> ScoredVideos {
    let archive = try NpzArchive(path: fixture("predictions/metrics/\(name).npz"))
    var scores = try floats(archive, "predictions")
    let labels = try floats(archive, "labels")
    if name == "m_segment_k1000" {
      // As eval.py does with segments: what nobody rated counts as zero.
      for (index, weight) in try floats(archive, "label_weights").enumerated() { scores[index] *= weight }
    }
    var videos = ScoredVideos(classCount: facts.numClasses)
    let classes = (0..<facts.numClasses).map { Int32($0) }
    for row in rows {
      let columns = row * facts.numClasses..<(row + 1) * facts.numClasses
      let truth = classes.filter { labels[columns.lowerBound + Int($0)] > 0 }
      videos.append(labels: classes, scores: scores[columns], truth: truth)
    }
    return videos
  }

  private func facts(_ name: String) throws -> Case {
    let json = Data(fixtureBytes("predictions/metrics/\(name).json"))
    return try JSONDecoder.snakeCase.decode(Case.self, from: json)
  }

  @Test(arguments: names, [1, 3]) func epochsComeOutAsTheReferenceHasThem(name: String, threads: Int) throws {
    let facts = try facts(name)
    let ends = facts.batches.reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1) }
    let videos = try videos(name, facts, rows: 0..<facts.n)
    let found = try VideoMetrics(
      videos, topK: facts.topK, .reference(batchEnds: ends), Workers(threads))
    #expect(abs(found.globalAveragePrecision - facts.gap) < 1e-9)
    #expect(abs(found.hitAtOne - facts.avgHitAtOne) < 1e-9)
    #expect(abs(found.equalRecallPrecision - facts.avgPerr) < 1e-9)
    #expect(abs(found.meanAveragePrecision - facts.map) < 1e-9)
    #expect(found.classes.count == facts.aps.count)
    for (score, expected) in zip(found.classes, facts.aps) {
      #expect(abs(score.averagePrecision - expected) < 1e-9)
    }
  }

  @Test(arguments: names) func batchesComeOutAsTheReferenceHasThem(name: String) throws {
    let facts = try facts(name)
    var start = 0
    for batch in facts.perBatch {
      let videos = try videos(name, facts, rows: start..<start + batch.size)
      let found = try VideoMetrics(videos, topK: 20, .reference(batchEnds: [batch.size]), Workers(1))
      #expect(abs(found.globalAveragePrecision - batch.gap20) < 1e-9)
      #expect(abs(found.hitAtOne - batch.hitAtOne) < 1e-9)
      #expect(abs(found.equalRecallPrecision - batch.perr) < 1e-9)
      start += batch.size
    }
  }

  /// Without equal scores of hits and misses the rule for them does not matter.
  @Test(arguments: ["m_basic", "m_segment_k1000", "m_topk5"]) func withoutTiesTheOrderIsEnough(name: String) throws
  {
    let facts = try facts(name)
    let found = try VideoMetrics(videos(name, facts, rows: 0..<facts.n), topK: facts.topK, .order, Workers(2))
    #expect(abs(found.globalAveragePrecision - facts.gap) < 1e-9)
    #expect(abs(found.hitAtOne - facts.avgHitAtOne) < 1e-7)
    #expect(abs(found.equalRecallPrecision - facts.avgPerr) < 1e-9)
  }

  @Test func nothingScoresNothing() throws {
    #expect(
      try VideoMetrics(ScoredVideos(), .order, Workers(1))
        == VideoMetrics(ScoredVideos(), .reference(videoCount: 0), Workers(1)))
    var videos = ScoredVideos()
    videos.append(labels: [], scores: [], truth: [])
    let found = try VideoMetrics(videos, .reference(videoCount: 1), Workers(1))
    #expect(found.globalAveragePrecision == 0 && found.meanAveragePrecision == 0 && found.hitAtOne == 0)
  }

  /// The 2018 1st place's evaluation of the very predictions of a CSV file.
  @Test func filesScoreAsTheReferenceScoresTheirNumbers() throws {
    let truth = try VideoTruth([fixture("predictions/miha_labels.csv")], Workers(1))
    let file = try PredictionFile(fixture("fakes/predictions.csv"))
    let videos = try ScoredVideos(file, truth, classCount: 3862, Workers(2))
    let found = try VideoMetrics(videos, .reference(videoCount: videos.count, batchSize: 10), Workers(2))
    #expect(abs(found.globalAveragePrecision - 0.1063916063764476) < 1e-9)
    #expect(abs(found.hitAtOne - 0.3333333407839139) < 1e-7)
    #expect(abs(found.equalRecallPrecision - 0.3368055555555555) < 1e-9)
    // Its mean is over all classes, those without a video among them.
    #expect(abs(found.meanAveragePrecision(over: 3862) - 0.0014545058788565017) < 1e-9)
    let samples = try VideoBootstrap(videos, meanOver: 3862, Workers(1)).samples(3, seed: 0, Workers(1))
    #expect(samples.allSatisfy { (0.0005...0.005).contains($0.meanAveragePrecision) })
  }
}

@Suite struct PythonTests {
  private struct Calculator: Decodable {
    struct Case: Decodable {
      let predictions: [Double]
      let actuals: [Double]
      let topN: Int?
      let numPositives: Int?
      let heapAfter: [[Double]]
      let apAtN: Double
    }

    let cases: [Case]
    let shufflePermutations: [String: [UInt32]]
    let mt19937Seed0FirstU32: [UInt32]
  }

  private func facts() throws -> Calculator {
    try JSONDecoder.snakeCase.decode(
      Calculator.self, from: Data(fixtureBytes("predictions/metrics/ap_calculator.json")))
  }

  @Test func randomNumbersAndShufflesArePythons() throws {
    let facts = try facts()
    var twister = MersenneTwister(pythonSeed: 0)
    #expect(facts.mt19937Seed0FirstU32.map { _ in twister.next() } == facts.mt19937Seed0FirstU32)
    for (count, order) in facts.shufflePermutations {
      #expect(PythonShuffle.order(try #require(Int(count))) == order)
    }
    #expect(PythonShuffle.order(0).isEmpty)
  }

  private struct Pair: Comparable {
    let score: Double
    let actual: Double

    static func < (a: Pair, b: Pair) -> Bool { a.score < b.score || (a.score == b.score && a.actual < b.actual) }
  }

  @Test func heapsAndPrecisionsAreThoseOfTheCalculator() throws {
    for golden in try facts().cases where golden.topN == nil {
      var pairs = zip(golden.predictions, golden.actuals).map { Pair(score: $0, actual: $1) }
      pairs.withUnsafeMutableBufferPointer { PythonHeap.pushAll($0) }
      #expect(pairs.map { [$0.score, $0.actual] } == golden.heapAfter)
      var workspace = AveragePrecision()
      let scores = golden.predictions.map { Float($0) }
      let hits = golden.actuals.map { $0 > 0 }
      let precision = scores.withUnsafeBufferPointer { scores in
        hits.withUnsafeBufferPointer {
          workspace.reference(
            scores, $0, positiveCount: golden.numPositives ?? golden.actuals.count { $0 > 1e-5 })
        }
      }
      #expect(abs(precision - golden.apAtN) < 1e-12)
    }
  }
}

extension JSONDecoder {
  /// For what Python wrote.
  static var snakeCase: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}
