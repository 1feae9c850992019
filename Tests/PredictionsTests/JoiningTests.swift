import Bytes
import Foundation
import TestSupport
import Testing

@testable import Predictions

@Suite struct JoiningTests {
  private let folder = TemporaryFolder()
  private let models: [MadeUpModel]
  private let labels: [String: Set<Int>]
  private let files: [PredictionFile]
  private let truth: VideoTruth

  init() throws {
    var random = SplitMix(seed: 21)
    models = (0..<3).map { _ in MadeUpModel(rows: 400, labels: 20, &random) }
    let folder = folder
    files = try models.enumerated().map { try PredictionFile(folder.write(Array($1.text.utf8), "\($0).csv")) }
    var labels: [String: Set<Int>] = [:]
    // Some videos without predictions, some predictions without truth.
    for video in 5..<410 {
      labels["v\(video)"] = Set((0..<20).shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)))
    }
    self.labels = labels
    let text = labels.map { "\($0.key),\($0.value.map(String.init).joined(separator: " "))\n" }.joined()
    truth = try VideoTruth([folder.write(Array(text.utf8), "truth.csv")], Workers(1))
  }

  /// GAP as one would write it down; scores are never equal here.
  private func gap(_ rows: [String: [Int: Double]], topK: Int) -> Double {
    var predictions: [(score: Double, isHit: Bool)] = []
    for (id, row) in rows {
      guard let right = labels[id] else { continue }
      for (label, score) in row.sorted(by: { $0.value > $1.value }).prefix(topK) {
        predictions.append((score, right.contains(label)))
      }
    }
    predictions.sort { $0.score > $1.score }
    var (hits, sum) = (0, 0.0)
    for (rank, prediction) in predictions.enumerated() where prediction.isHit {
      hits += 1
      sum += Double(hits) / Double(rank + 1)
    }
    return sum / Double(labels.values.reduce(0) { $0 + $1.count })
  }

  @Test(
    arguments: [.mean, .geometric, .logit, .power(3), .power(6.5), .power(50), .place(w0: 2.5), .rank]
      as [MergeRule])
  func gapIsThatOfTheMergedPredictions(rule: MergeRule) throws {
    for missing in MergeOptions.MissingLabels.allCases {
      var options = JoinOptions()
      options.rule = rule
      options.missing = missing
      options.topK = 4
      let joined = try JoinedPredictions(files, truth, options, Workers(2))
      for weights in [[1, 1, 1], [0.31, 0.58, 0.11], [1, 0, 0], [0, 0.123, 0.877]] {
        var merging = MergeOptions()
        merging.rule = rule
        merging.missing = missing
        merging.weights = weights
        merging.topK = 4
        merging.format = .shortest
        let sink = TextSink()
        _ = try PredictionMerge(files, merging).write(to: sink, Workers(1))
        let merged = try PredictionFile(folder.write(sink.bytes, "merged.csv"))
        let videos = try ScoredVideos(merged, truth, Workers(1))
        let expected = try VideoMetrics(videos, topK: 4, .order, Workers(1)).globalAveragePrecision
        // Sums of float32 may order nearly equal scores differently, and rules by place have many equal ones.
        let tolerance = rule.isByPlace ? 5e-4 : missing != .zero ? 1e-4 : 2e-5
        #expect(abs(try joined.evaluate(weights: weights) - expected) < tolerance, "\(rule) \(missing) \(weights)")
      }
    }
  }

  @Test func gapOfAMeanIsThatOfDefinition() throws {
    var options = JoinOptions()
    options.topK = 5
    let joined = try JoinedPredictions(files, truth, options, Workers(2))
    for weights in [[0.2, 0.3, 0.5], [0.71, 0.13, 0.16]] {
      let plain = PlainMerge(.mean, .zero, weights)
      let ids = Set(models.flatMap { $0.rows.keys })
      let rows = Dictionary(
        uniqueKeysWithValues: ids.map { id in (id, plain.merge(models.map { $0.rows[id] })) })
      #expect(abs(try joined.evaluate(weights: weights) - gap(rows, topK: 5)) < 1e-4)
    }
  }

  /// More rows than are joined at a time, the later ones with more pairs than the first, and some only the second
  /// file has.
  @Test func manyRowsAreJoinedAsTheyAreMerged() throws {
    var random = SplitMix(seed: 22)
    var (texts, right) = (["V,L\n", "V,L\n"], "")
    for row in 0..<9000 {
      right += "v\(row),\(row % 30)\n"
      for model in 0..<2 where model == 1 || row < 8500 {
        let labels = (0..<30).shuffled(using: &random).prefix(1 + row / 1000)
        texts[model] += "v\(row),"
        texts[model] += labels.map { "\($0) \(Double.random(in: 0...1, using: &random))" }.joined(separator: " ")
        texts[model] += "\n"
      }
    }
    let files = try texts.enumerated().map { try PredictionFile(folder.write(Array($1.utf8), "many\($0).csv")) }
    let truth = try VideoTruth([folder.write(Array(right.utf8), "right.csv")], Workers(1))
    var merging = MergeOptions()
    merging.format = .shortest
    let sink = TextSink()
    _ = try PredictionMerge(files, merging).write(to: sink, Workers(1))
    let merged = try PredictionFile(folder.write(sink.bytes, "many.csv"))
    let metrics = try VideoMetrics(ScoredVideos(merged, truth, Workers(1)), .order, Workers(1))
    for threads in [1, 3] {
      let joined = try JoinedPredictions(files, truth, JoinOptions(), Workers(threads))
      #expect(joined.count == 9000)
      #expect(abs(try joined.evaluate(weights: [1, 1]) - metrics.globalAveragePrecision) < 1e-6)
    }
  }

  @Test(arguments: [(JoinOptions.Metric.map, "map"), (.perr, "perr"), (.hitAtOne, "hit@1")])
  func otherMetricsAreThoseOfTheMergedPredictions(metric: JoinOptions.Metric, name: String) throws {
    var options = JoinOptions()
    options.metric = metric
    let joined = try JoinedPredictions(files, truth, options, Workers(2))
    var merging = MergeOptions()
    merging.weights = [0.31, 0.58, 0.11]
    merging.topK = 100
    merging.format = .shortest
    let sink = TextSink()
    _ = try PredictionMerge(files, merging).write(to: sink, Workers(1))
    let merged = try PredictionFile(folder.write(sink.bytes, "merged.csv"))
    let metrics = try VideoMetrics(ScoredVideos(merged, truth, Workers(1)), .order, Workers(1))
    let expected = [
      "map": metrics.meanAveragePrecision, "perr": metrics.equalRecallPrecision, "hit@1": metrics.hitAtOne,
    ]
    #expect(abs(try joined.evaluate(weights: merging.weights) - (expected[name] ?? .nan)) < 1e-4)
  }

  @Test func foldsArePartsOfTheWhole() throws {
    let joined = try JoinedPredictions(files, truth, JoinOptions(), Workers(2))
    let (even, odd) = (joined.filtered { $0 % 2 == 0 }, joined.filtered { $0 % 2 == 1 })
    #expect(even.count + odd.count == joined.count && even.count > 0 && odd.count > 0)
    #expect(joined.count == truth.count)
    let again = joined.filtered { _ in true }
    #expect(try again.evaluate(weights: [1, 2, 3]) == joined.evaluate(weights: [1, 2, 3]))
    #expect(try even.evaluate(weights: [1, 2, 3]) != joined.evaluate(weights: [1, 2, 3]))
    // Of some rows in a single pass or one by one.
    let alone = try JoinedPredictions(files, truth, JoinOptions(), Workers(1))
    #expect(try alone.evaluate(weights: [1, 2, 3]) == joined.evaluate(weights: [1, 2, 3]))
  }

  @Test func parameterOfAnEvaluationTakesTheOptionsPlace() throws {
    for rule in [MergeRule.power(2), .place(w0: 3)] {
      var options = JoinOptions()
      options.rule = rule
      let joined = try JoinedPredictions(files, truth, options, Workers(1))
      var other = JoinOptions()
      if case .power = rule { other.rule = .power(0.5) } else { other.rule = .place(w0: 0.5) }
      let expected = try JoinedPredictions(files, truth, other, Workers(1)).evaluate(weights: [1, 2, 3])
      #expect(try joined.evaluate(weights: [1, 2, 3], parameter: 0.5) == expected)
    }
  }

  @Test func truthOfOtherVideosIsRefused() throws {
    let other = try VideoTruth([folder.write(Array("w1,2\n".utf8), "other.csv")], Workers(1))
    let error = #expect(throws: KernelError.self) {
      _ = try JoinedPredictions(files, other, JoinOptions(), Workers(1))
    }
    #expect(error?.problem == "no row is of a video of the ground truth")
  }

  /// A file that has nothing to do with the others is most likely a mistake, and would get a weight of no meaning.
  @Test func eachFileMustHaveVideosOfTheTruth() throws {
    let strange = try PredictionFile(folder.write(Array("V,L\nw1,2 0.5\n".utf8), "strange.csv"))
    let error = #expect(throws: KernelError.self) {
      _ = try JoinedPredictions(files + [strange], truth, JoinOptions(), Workers(1))
    }
    #expect(error?.source == strange.name)
    let joined = try JoinedPredictions(files, truth, JoinOptions(), Workers(1))
    let lacking = models.map { model in labels.keys.count { model.rows[$0] == nil } }
    #expect(joined.lackingCounts == lacking && lacking.allSatisfy { $0 > 0 })
  }

  /// Tables by class would take 16 GB.
  @Test func labelsBeyondTheLimitAreRefused() throws {
    let large = try PredictionFile(folder.write(Array("V,L\nv7,2147483647 0.5\n".utf8), "large.csv"))
    var options = JoinOptions()
    options.metric = .map
    let error = #expect(throws: KernelError.self) {
      _ = try JoinedPredictions(files + [large], truth, options, Workers(1))
    }
    #expect(error?.problem == "video v7: label 2147483647 exceeds 1048575" && error?.place == .line(2))
  }

  @Test func correlationsAreThoseOfScipy() throws {
    // scipy.stats 1.17: pearsonr and spearmanr of the pairs that both have.
    let a = try PredictionFile(
      folder.write(Array("V,L\na,1 0.9 2 0.5 3 0.25\nb,1 0.5 4 0.4\nc,1 1\n".utf8), "a.csv"))
    let b = try PredictionFile(
      folder.write(Array("V,L\nb,4 0.7 1 0.1 2 0.1\na,3 0.8 2 0.6 1 0.75 9 0.1\nd,1 1\n".utf8), "b.csv"))
    let found = try Correlation(a, b, topK: 2, Workers(2))
    #expect(found.commonCount == 5)
    #expect(abs((found.pearson ?? 0) - JoiningTests.pearson) < 1e-7)
    #expect(abs((found.spearman ?? 0) - JoiningTests.spearman) < 1e-7)
    // Of a's best two of video a, {1, 2} against {3, 1}; of b, {1, 4} against {4, 1}.
    #expect(found.overlap == 0.75)
  }

  private static let pearson = 0.001_829_355_355_092_847
  private static let spearman = -0.359_092_423_229_803_95
}
