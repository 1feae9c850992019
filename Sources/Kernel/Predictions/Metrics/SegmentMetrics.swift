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
  /// Segments that count, in all lines.
  package let ratedCount: Int

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
    let scores = try workers.map(file.rows.count) { row -> (score: ClassScore, ratedCount: Int)? in
      let label = file.rows[row].label
      guard let positiveCount = truth.positiveCounts[label] else { return nil }
      let found = file.withIDs(row) { SegmentMetrics.sumOfPrecisions($0, label, truth, topK, rule) }
      file.releaseRow(row)
      let score = ClassScore(
        label: label, positiveCount: positiveCount, averagePrecision: found.sum / Double(positiveCount))
      return (score, found.ratedCount)
    }
    classes = scores.compactMap { $0?.score }
    ratedCount = scores.reduce(0) { $0 + ($1?.ratedCount ?? 0) }
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
  ) -> (sum: Double, ratedCount: Int) {
    var ratedCount = 0
    var hitCount = 0
    var sum = 0.0
    forEachRated(ids, label, truth, topK, rule) { _, isPositive in
      ratedCount += 1
      if isPositive {
        hitCount += 1
        sum += Double(hitCount) / Double(ratedCount)
      }
    }
    return (sum, ratedCount)
  }

  /// Calls `body` with the segments of a line that count, best first: their numbers in the truth, and whether they have
  /// the class.
  static func forEachRated(
    _ ids: SegmentIDs, _ label: Int32, _ truth: SegmentTruth, _ topK: Int?, _ rule: Rule,
    _ body: (_ segment: Int, _ isPositive: Bool) -> Void
  ) {
    var ids = ids
    var next = ids.next()
    var taken = 0
    var seen: Set<Int> = []
    while let id = next, taken < topK ?? .max {
      taken += 1
      next = ids.next()
      // A line feed on the last one makes it another id.
      if rule == .published, next == nil { break }
      guard let segment = truth.number(of: id), let isPositive = truth.rating(segment, label) else { continue }
      if rule == .complete, !seen.insert(segment).inserted { continue }
      body(segment, isPositive)
    }
  }
}
