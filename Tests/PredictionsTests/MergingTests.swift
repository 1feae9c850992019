import Bytes
import Foundation
import TestSupport
import Testing

@testable import Predictions

/// A sink that keeps all.
final class TextSink: ByteSink {
  private(set) var bytes: [UInt8] = []
  var text: String { String(decoding: bytes, as: UTF8.self) }
  func write(_ piece: UnsafeRawBufferPointer) { bytes += piece }
}

@Suite struct MergingTests {
  private let folder = TemporaryFolder()

  private func merged(
    _ files: [PredictionFile], _ options: MergeOptions, threads: Int = 2
  ) throws -> (text: String, report: PredictionMerge.Report) {
    let sink = TextSink()
    let report = try PredictionMerge(files, options).write(to: sink, Workers(threads))
    return (sink.text, report)
  }

  private func file(_ rows: String, _ name: String = "a.csv") throws -> PredictionFile {
    try PredictionFile(folder.write(Array(("VideoId,LabelConfidencePairs\n" + rows).utf8), name))
  }

  @Test(
    arguments: [
      ("willow", ["m1", "m2", "m3"], [], "out_equal"),
      ("willow", ["m1", "m2", "m3"], [1, 2, 0.5], "out_weighted"),
      ("miha", ["model_a", "model_b", "model_c"], [], "average_1_1_1"),
      ("miha", ["model_a", "model_b", "model_c"], [3, 1, 2], "average_3_1_2"),
      ("miha", ["model_c", "model_a", "model_b"], [], "average_order_cab_1_1_1"),
    ] as [(String, [String], [Double], String)])
  func fileAveragingWritesWhatTheScriptDoes(
    author: String, names: [String], weights: [Double], expected: String
  ) throws {
    var options = MergeOptions.fileAveraging
    options.weights = weights
    let files = try names.map { try PredictionFile(fixture("merging/\(author)/\($0).csv")) }
    for threads in [1, 3] {
      let text = try merged(files, options, threads: threads).text
      #expect(Array(text.utf8) == fixtureBytes("merging/\(author)/\(expected).csv"))
    }
  }

  /// Every rule and every treatment of missing labels, against sums over dictionaries.
  @Test(arguments: [.mean, .geometric, .logit, .rank, .power(3), .place(w0: 2.5)] as [MergeRule])
  func rulesAreWhatTheyAreSaidToBe(rule: MergeRule) throws {
    var random = SplitMix(seed: 11)
    let models = (0..<3).map { _ in MadeUpModel(rows: 150, labels: 30, &random) }
    let files = try models.enumerated().map { try PredictionFile(folder.write(Array($1.text.utf8), "\($0).csv")) }
    for missing in MergeOptions.MissingLabels.allCases {
      for weights in [[1, 1, 1], [0.2, 0, 1.7]] {
        var options = MergeOptions()
        options.rule = rule
        options.missing = missing
        options.weights = weights
        options.topK = 1000
        options.format = .shortest
        let text = try merged(files, options).text
        var expected: [String: [Int: Double]] = [:]
        for id in Set(models.flatMap { $0.rows.keys }) {
          expected[id] = PlainMerge(rule, missing, weights).merge(models.map { $0.rows[id] })
        }
        let found = Rows(text)
        #expect(Set(found.rows.keys) == Set(expected.keys))
        for (id, labels) in expected {
          let row = found.rows[id] ?? [:]
          #expect(Set(row.keys) == Set(labels.keys), "\(rule) \(missing) \(id)")
          for (label, score) in labels { #expect(abs((row[label] ?? .nan) - score) < 1e-12 * max(1, score)) }
        }
      }
    }
  }

  @Test func rowsOfSomeFilesOnlyAreCounted() throws {
    let a = try file("b,1 0.5\na,1 0.25 2 1\n", "a.csv")
    let b = try file("c,7 1\na,2 0.5\nd,3 0.5\n", "b.csv")
    var options = MergeOptions()
    let union = try merged([a, b], options)
    #expect(union.text == "VideoId,LabelConfidencePairs\nb,1 0.25\na,2 0.75 1 0.125\nc,7 0.5\nd,3 0.25\n")
    #expect(union.report == .init(rowCount: 4, partialCount: 3, lacking: [2, 1], leftOut: [0, 0]))
    options.rows = .first
    let first = try merged([a, b], options)
    #expect(first.text == "VideoId,LabelConfidencePairs\nb,1 0.25\na,2 0.75 1 0.125\n")
    #expect(first.report == .init(rowCount: 2, partialCount: 1, lacking: [0, 1], leftOut: [0, 2]))
    options.rows = .intersection
    let both = try merged([a, b], options)
    #expect(both.text == "VideoId,LabelConfidencePairs\na,2 0.75 1 0.125\n")
    #expect(both.report == .init(rowCount: 1, partialCount: 0, lacking: [0, 0], leftOut: [1, 2]))
    #expect(try merged([file("", "c.csv"), file("", "d.csv")], options).text == "VideoId,LabelConfidencePairs\n")
  }

  @Test func disjointFilesMakeAUnionAndNoIntersection() throws {
    let (a, b) = (try file("a,1 1\n", "a.csv"), try file("b,1 1\n", "b.csv"))
    var options = MergeOptions()
    #expect(try merged([a, b], options).text == "VideoId,LabelConfidencePairs\na,1 0.5\nb,1 0.5\n")
    options.missing = .rescale
    #expect(try merged([a, b], options).text == "VideoId,LabelConfidencePairs\na,1 1\nb,1 1\n")
    options.rows = .intersection
    #expect(try merged([a, b], options).text == "VideoId,LabelConfidencePairs\n")
  }

  @Test func equalScoresAreInTheOrderOfTheLabels() throws {
    let a = try file("a,9 0.5 3 0.5 7 0.5\n", "a.csv")
    var options = MergeOptions()
    options.topK = 2
    #expect(try merged([a], options).text.hasSuffix("\na,3 0.5 7 0.5\n"))
    options.topK = 100
    #expect(try merged([a], options).text.hasSuffix("\na,3 0.5 7 0.5 9 0.5\n"))
  }

  /// Blocks, jumps and the number of threads leave no trace.
  @Test func orderOfOtherFilesAndThreadsDoNotMatter() throws {
    var random = SplitMix(seed: 3)
    let (a, b) = (MadeUpModel(rows: 5000, labels: 50, &random), MadeUpModel(rows: 5000, labels: 50, &random))
    let first = try file(a.body, "a.csv")
    let lines = b.body.split(separator: "\n")
    var options = MergeOptions()
    options.rows = .first
    let sorted = try merged([first, try file(b.body, "b.csv")], options, threads: 1)
    let shuffled = lines.shuffled(using: &random).joined(separator: "\n")
    let other = try merged([first, try file(shuffled, "c.csv")], options, threads: 3)
    #expect(sorted.text == other.text)
    #expect(sorted.report == other.report)
  }

  @Test(arguments: [
    ("a,1 0.5 1 0.25\n", MergeRule.mean, "video a: label 1 is there twice"),
    ("a,1 -0.5\n", .geometric, "video a: label 1 has a score below 0, which has no such mean"),
    ("a,1 1.5\n", .logit, "video a: label 1 has a score outside 0 to 1, which has no log-odds"),
    ("a,1 3e38\n", .power(50), "video a: a merged score is beyond the range of a double"),
    ("a,1 nan\n", .mean, "video a: 'nan', the score of label 1, is not a number"),
    ("a,1 1e400\n", .mean, "video a: the score 1e400 of label 1 is too large for a float32"),
    ("a,1 0.5 2\n", .mean, "video a: label 2 has no score"),
    ("a,-1 0.5\n", .mean, "video a: label -1 is negative"),
  ])
  func rowsThatCannotBeMergedAreNamed(row: String, rule: MergeRule, problem: String) throws {
    var options = MergeOptions()
    options.rule = rule
    let files = [try file("z,1 0.5\n" + row, "a.csv"), try file("", "b.csv")]
    #expect {
      try merged(files, options)
    } throws: { error in
      let error = error as? KernelError
      return error?.kind == .badData && error?.place == .line(3) && error?.problem == problem
    }
  }

  @Test(arguments: [[1], [1, -1], [0, 0], [.infinity, 1], [1, .nan]] as [[Double]])
  func weightsOfNoMeaningAreRefused(weights: [Double]) throws {
    var options = MergeOptions()
    options.weights = weights
    #expect(throws: KernelError.self) { try PredictionMerge([file("", "a.csv"), file("", "b.csv")], options) }
  }

  @Test func damageEndsInAnErrorOrAnAnswer() throws {
    let whole = fixtureBytes("merging/miha/model_a.csv")
    let other = try PredictionFile(fixture("merging/miha/model_b.csv"))
    var random = SplitMix(seed: 8)
    var refused = 0
    for _ in 0..<2000 {
      let input = try WholeInput(named: "a.csv") { try $0.write(random.damage(whole)) }
      do {
        let file = try PredictionFile(input)
        var options = MergeOptions()
        options.rule = .power(2)
        _ = try merged([file, other], options)
      } catch is KernelError { refused += 1 }
    }
    #expect(refused > 100 && refused < 2000)
  }
}

/// Rows of a prediction file by id and label.
struct Rows {
  var rows: [String: [Int: Double]] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n").dropFirst() {
      let parts = line.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
      let words = parts[1].split(separator: " ")
      let pairs = stride(from: 0, to: words.count, by: 2).map {
        (Int(words[$0]) ?? -1, Double(words[$0 + 1]) ?? .nan)
      }
      rows[String(parts[0])] = Dictionary(uniqueKeysWithValues: pairs)
    }
  }
}

/// A model that makes predictions up, some rows and labels missing.
struct MadeUpModel {
  var rows: [String: [Int: Double]] = [:]
  var body = ""
  var text: String { "VideoId,LabelConfidencePairs\n" + body }

  init(rows count: Int, labels: Int, _ random: inout SplitMix) {
    for video in 0..<count where Int.random(in: 0..<10, using: &random) > 0 {
      let chosen = (0..<labels).shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random))
      var row: [Int: Double] = [:]
      // Different scores, so that places do not depend on ties.
      for label in chosen {
        row[label] = Double(Int.random(in: 0..<1000, using: &random) * labels + label) / 30_000
      }
      let best = row.sorted { $0.value > $1.value }.prefix(Int.random(in: 0...8, using: &random))
      row = Dictionary(uniqueKeysWithValues: best.map { ($0.key, min($0.value, 1)) })
      rows["v\(video)"] = row
      body += "v\(video)," + row.map { "\($0.key) \($0.value)" }.joined(separator: " ") + "\n"
    }
  }
}

/// The rules as one would write them down.
struct PlainMerge {
  let rule: MergeRule
  let missing: MergeOptions.MissingLabels
  let weights: [Double]

  init(_ rule: MergeRule, _ missing: MergeOptions.MissingLabels, _ weights: [Double]) {
    (self.rule, self.missing, self.weights) = (rule, missing, weights)
  }

  func merge(_ rows: [[Int: Double]?]) -> [Int: Double] {
    let rows = rows.map { $0 ?? [:] }
    let labels = Set(zip(rows, weights).filter { $1 > 0 }.flatMap { $0.0.keys })
    return Dictionary(uniqueKeysWithValues: labels.map { ($0, score($0, rows)) })
  }

  private func score(_ label: Int, _ rows: [[Int: Double]]) -> Double {
    let (floor, ceiling) = (1e-6, 1 - 1e-6)
    let places = rows.map { row in row[label].map { own in Double(row.values.filter { $0 > own }.count) } }
    let counts = rows.map { Double($0.count) }
    /// What a file says in the unit of the rule: a score, a place, or (n - i) / n.
    var said: [Double?] = rows.indices.map { index in
      switch rule {
      case .rank: places[index].map { (counts[index] - $0) / counts[index] }
      case .place: places[index]
      default: rows[index][label]
      }
    }
    var weights = weights
    let present = said.compactMap { $0 }
    for index in said.indices where said[index] == nil {
      switch missing {
      case .zero: if case .place = rule { said[index] = .infinity } else { said[index] = 0 }
      case .mean: said[index] = present.reduce(0, +) / Double(present.count)
      case .rescale: weights[index] = 0
      }
    }
    let total = weights.reduce(0, +)
    func mean(_ transform: (Double) -> Double) -> Double {
      zip(said, weights).reduce(0) { $0 + ($1.1 > 0 ? $1.1 * transform($1.0 ?? 0) : 0) } / total
    }
    switch rule {
    case .mean, .rank: return mean { $0 }
    case .geometric: return exp(mean { log(max($0, floor)) })
    case .logit:
      let logit = mean { log(min(max($0, floor), ceiling) / (1 - min(max($0, floor), ceiling))) }
      return 1 / (1 + exp(-logit))
    case .power(let exponent): return pow(mean { pow($0, exponent) }, 1 / exponent)
    case .place(let w0): return mean { w0 / ($0 + w0) }
    case .fileAveraging: return .nan
    }
  }
}
