import Bytes
import Records

/// How good ranked segments are: mean average precision at K (specs: tm_google §5.6).
package struct SegmentMetrics: Sendable, Equatable {
  package typealias ClassScore = VideoMetrics.ClassScore

  /// Where the published evaluation does what nobody wants.
  package enum Rule: Sendable {
    /// Classes with positive segments that the file does not have count as 0, and a segment that is twice in a line counts
    /// once.
    case complete
    /// As `segment_eval_inference.py` has it: only the classes of the file count, every occurrence of a segment does, and
    /// the last segment of a line never matches, because its line feed stays on it.
    case published
  }

  /// Classes that count, in the order of the file, then those it does not have.
  package private(set) var classes: [ClassScore] = []
  /// Classes with positive segments that the file does not have.
  package private(set) var missingClasses: [Int32] = []
  /// Lines of the file.
  package let lineCount: Int

  /// The mean over ``classes``; 0 without any.
  package var meanAveragePrecision: Double {
    classes.isEmpty ? 0 : classes.reduce(0) { $0 + $1.averagePrecision } / Double(classes.count)
  }

  /// Segments that nobody rated for a class are left out before ranking; classes without a positive segment do not count.
  ///
  /// - Parameter topK: how many segments of a line are looked at, rated or not; all when `nil`.
  package init(
    _ file: SegmentFile, _ truth: SegmentTruth, topK: Int? = nil, rule: Rule = .complete, _ workers: Workers
  ) throws {
    lineCount = file.rows.count
    let scores = try workers.map(file.rows.count) { row -> ClassScore? in
      let label = file.rows[row].label
      guard let positiveCount = truth.positiveCounts[label] else { return nil }
      let precisions = file.withIDs(row) { SegmentMetrics.sumOfPrecisions($0, label, truth, topK, rule) }
      file.releaseRow(row)
      return ClassScore(
        label: label, positiveCount: positiveCount, averagePrecision: precisions / Double(positiveCount))
    }
    classes = scores.compactMap { $0 }
    let found = Set(file.rows.map(\.label))
    missingClasses = truth.positiveCounts.keys.filter { !found.contains($0) }.sorted()
    guard rule == .complete else { return }
    for label in missingClasses {
      classes.append(
        ClassScore(label: label, positiveCount: truth.positiveCounts[label] ?? 0, averagePrecision: 0))
    }
  }

  private static func sumOfPrecisions(
    _ ids: SegmentIDs, _ label: Int32, _ truth: SegmentTruth, _ topK: Int?, _ rule: Rule
  ) -> Double {
    var ids = ids
    var next = ids.next()
    var taken = 0
    var ratedCount = 0
    var hitCount = 0
    var sum = 0.0
    var seen: Set<Int> = []
    while let id = next, taken < topK ?? .max {
      taken += 1
      next = ids.next()
      // A line feed on the last one makes it another id.
      if rule == .published, next == nil { break }
      guard let segment = truth.number(of: id), let isPositive = truth.rating(segment, label) else { continue }
      if rule == .complete, !seen.insert(segment).inserted { continue }
      ratedCount += 1
      if isPositive {
        hitCount += 1
        sum += Double(hitCount) / Double(ratedCount)
      }
    }
    return sum
  }
}

/// What mean average precision would have been with other classes of the same sort: each resample draws as many classes as
/// there are, with replacement.
package struct SegmentBootstrap: Sendable {
  private let scores: [SegmentMetrics.ClassScore]

  package init(_ metrics: SegmentMetrics) { scores = metrics.classes.sorted { $0.label < $1.label } }

  /// The mean average precisions of `count` resamples.
  package func samples(_ count: Int, seed: UInt64, _ workers: Workers) throws -> [Double] {
    guard !scores.isEmpty else { return Array(repeating: 0, count: count) }
    return try workers.map(count) { index in
      var noise = SplitMix64(seed: seed, domain: 0x626f_6f74, index: UInt64(index))
      let sum = scores.indices.reduce(0.0) { sum, _ in
        sum + scores[noise.next(below: scores.count)].averagePrecision
      }
      return sum / Double(scores.count)
    }
  }
}
