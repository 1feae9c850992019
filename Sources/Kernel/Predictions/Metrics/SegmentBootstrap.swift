import Bytes

/// What mean average precision would have been with other videos of the same sort: each resample draws as many videos of
/// the ground truth as there are, with replacement, and each with all its rated segments, because those of one video are
/// no independent samples.
///
/// Resample `i` of a seed draws the same videos of a truth for every file that is judged by it. Classes that no video of a
/// resample has do not count in it. Memory: 4 bytes for each rated segment of the file's lines, each segment of the truth
/// and each rating, and 4 bytes a video for each thread.
package struct SegmentBootstrap: Sendable {
  private struct RankedClass: Sendable {
    /// The rated segments of the line, best first: twice the number of the video, plus one where the class is right.
    var ranked: [UInt32] = []
    /// The video of each segment that has the class, in the file or not.
    var positives: [UInt32] = []
  }

  private let videoCount: Int
  private let classes: [RankedClass]

  /// - Parameters:
  ///   - topK: as for ``SegmentMetrics``, and so is `rule`.
  package init(
    _ file: SegmentFile, _ truth: SegmentTruth, topK: Int? = nil, rule: SegmentMetrics.Rule = .complete,
    _ workers: Workers
  ) throws {
    let (videos, videoCount) = truth.videos()
    var positives: [Int32: [UInt32]] = [:]
    truth.forEachPositive { segment, label in positives[label, default: []].append(videos[segment]) }
    let owners = positives
    let found = try workers.map(file.rows.count) { row -> RankedClass? in
      let label = file.rows[row].label
      guard let positives = owners[label] else { return nil }
      var ranked = RankedClass(positives: positives)
      file.withIDs(row) { ids in
        SegmentMetrics.forEachRated(ids, label, truth, topK, rule) { segment, isPositive in
          ranked.ranked.append(videos[segment] << 1 | (isPositive ? 1 : 0))
        }
      }
      file.releaseRow(row)
      return ranked
    }
    var classes = found.compactMap { $0 }
    if rule == .complete {
      for row in file.rows { positives[row.label] = nil }
      for label in positives.keys.sorted() { classes.append(RankedClass(positives: positives[label] ?? [])) }
    }
    self.videoCount = videoCount
    self.classes = classes
  }

  /// The mean average precisions of `count` resamples.
  package func samples(_ count: Int, seed: UInt64, _ workers: Workers) throws -> [Double] {
    try workers.map(count) { sample(VideoBootstrap.draw(videoCount, seed: seed, sample: $0)) }
  }

  private func sample(_ weights: [UInt32]) -> Double {
    var sum = 0.0
    var classCount = 0
    for ranked in classes {
      let positiveCount = ranked.positives.reduce(0) { $0 + Int(weights[Int($1)]) }
      guard positiveCount > 0 else { continue }
      sum += VideoBootstrap.averagePrecision(ranked.ranked[...], weights, positiveCount)
      classCount += 1
    }
    return sum / Double(max(classCount, 1))
  }
}
