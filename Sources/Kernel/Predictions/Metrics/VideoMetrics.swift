import Bytes

/// How good the predictions of videos are (specs: tm_google §5, miha2018 §9).
package struct VideoMetrics: Sendable, Equatable {
  /// A class that some video has.
  package struct ClassScore: Sendable, Equatable {
    package let label: Int32
    /// How many videos have it.
    package let positiveCount: Int
    package let averagePrecision: Double
  }

  package var videoCount = 0
  /// Global average precision over the best predictions of each video.
  package var globalAveragePrecision = 0.0
  /// How often the best prediction of a video is right.
  package var hitAtOne = 0.0
  /// Precision at equal recall rate: the share of right ones among as many predictions as the video has labels.
  package var equalRecallPrecision = 0.0
  /// Classes that some video has, ascending.
  package var classes: [ClassScore] = []

  /// Of no videos.
  init() {}

  /// The mean over the classes that some video has (specs: tm_google §5.4); 0 without any.
  package var meanAveragePrecision: Double { meanAveragePrecision(over: classes.count) }

  /// The mean over `classCount` classes, where those that no video has count as 0 (specs: miha2018 §9).
  package func meanAveragePrecision(over classCount: Int) -> Double {
    classes.reduce(0) { $0 + $1.averagePrecision } / Double(max(classCount, 1))
  }

  /// - Parameters:
  ///   - topK: how many predictions of each video count in the global and the classes' average precision.
  ///   - ties: what happens where scores are equal.
  /// - Throws: nothing but what the system does.
  package init(_ videos: ScoredVideos, topK: Int = 20, _ ties: TieRule, _ workers: Workers) throws {
    videoCount = videos.count
    guard videos.count > 0 else { return }
    let batches = VideoMetrics.batches(videos.count, ties)
    let rows = try workers.map(batches.count) { RowMeans(videos, batches[$0], ties) }
    let isReference = ties != .order
    for row in rows {
      // numpy's mean of float32 is one.
      let hits =
        isReference ? Double(Float(row.hitCount) / Float(row.count)) : Double(row.hitCount) / Double(row.count)
      hitAtOne += hits * Double(row.count) / Double(videos.count)
      equalRecallPrecision += row.precisions / Double(videos.count)
    }
    let kept = try videos.best(topK, ties, workers)
    globalAveragePrecision = VideoMetrics.globalAveragePrecision(kept, batches, isReference)
    classes = try VideoMetrics.classScores(kept, isReference, workers)
  }

  /// The reference's batches, or such that suit threads.
  static func batches(_ videoCount: Int, _ ties: TieRule) -> [Range<Int>] {
    guard case .reference(let ends) = ties else {
      return stride(from: 0, to: videoCount, by: 1024).map { $0..<min($0 + 1024, videoCount) }
    }
    return zip([0] + ends, ends).map { $0..<$1 }
  }

  private static func globalAveragePrecision(
    _ videos: ScoredVideos, _ batches: [Range<Int>], _ isReference: Bool
  ) -> Double {
    let positiveCount = videos.classPositives.reduce(0, +)
    var workspace = AveragePrecision(capacity: videos.labels.count)
    let plain = videos.scores.withUnsafeBufferPointer { scores in
      videos.hits.withUnsafeBufferPointer { workspace(scores, $0, positiveCount: positiveCount) }
    }
    guard isReference, workspace.hadMixedTies else { return plain }
    // The reference goes through each batch class by class.
    let order = batches.flatMap { ClassOrder(videos, $0).places }
    let scores = order.map { videos.scores[$0] }
    let hits = order.map { videos.hits[$0] }
    return scores.withUnsafeBufferPointer { scores in
      hits.withUnsafeBufferPointer { workspace.reference(scores, $0, positiveCount: positiveCount) }
    }
  }

  private static func classScores(
    _ videos: ScoredVideos, _ isReference: Bool, _ workers: Workers
  ) throws -> [ClassScore] {
    let order = ClassOrder(videos, 0..<videos.count)
    let blockSize = 64
    let blocks = try workers.map((videos.classCount + blockSize - 1) / blockSize) { block in
      var workspace = AveragePrecision()
      return (block * blockSize..<min((block + 1) * blockSize, videos.classCount)).compactMap { label in
        let positiveCount = videos.classPositives[label]
        guard positiveCount > 0 else { return nil as ClassScore? }
        let places = order.places[order.offsets[label]..<order.offsets[label + 1]]
        let scores = places.map { videos.scores[$0] }
        let hits = places.map { videos.hits[$0] }
        let precision = scores.withUnsafeBufferPointer { scores in
          hits.withUnsafeBufferPointer { hits in
            isReference
              ? workspace.reference(scores, hits, positiveCount: positiveCount)
              : workspace(scores, hits, positiveCount: positiveCount)
          }
        }
        return ClassScore(
          label: Int32(truncatingIfNeeded: label), positiveCount: positiveCount, averagePrecision: precision)
      }
    }
    return blocks.flatMap { $0 }
  }
}

/// What is a mean over videos, of some of them.
struct RowMeans: Sendable {
  let count: Int
  private(set) var hitCount = 0
  /// The sum of the videos' precisions at equal recall rate.
  private(set) var precisions = 0.0

  init(_ videos: ScoredVideos, _ range: Range<Int>, _ ties: TieRule) {
    count = range.count
    var best = BestPredictions(ties, classCount: videos.classCount)
    for video in range {
      hitCount += RowMeans.isHitAtOne(videos, video) ? 1 : 0
      precisions += RowMeans.equalRecallPrecision(videos, video, &best)
    }
  }

  /// Whether the best prediction is right, the smallest label among equal ones.
  static func isHitAtOne(_ videos: ScoredVideos, _ video: Int) -> Bool {
    let range = videos.range(video)
    guard var first = range.first else { return false }
    for place in range.dropFirst() {
      let (score, most) = (videos.scores[place], videos.scores[first])
      if score > most || (score == most && videos.labels[place] < videos.labels[first]) { first = place }
    }
    return videos.hits[first]
  }

  static func equalRecallPrecision(_ videos: ScoredVideos, _ video: Int, _ best: inout BestPredictions) -> Double {
    let labelCount = Int(videos.positiveCounts[video])
    guard labelCount > 0 else { return 0 }
    var hitCount = 0
    best.forEach(labelCount, of: videos, video) { place in
      if videos.scores[place] > 0, videos.hits[place] { hitCount += 1 }
    }
    return Double(hitCount) / Double(labelCount)
  }
}

/// The predictions of some videos class by class, those of a class in the order of the videos.
struct ClassOrder: Sendable {
  /// Where each class begins among ``places``, and where the last one ends.
  private(set) var offsets: [Int]
  /// Places of predictions in the ``ScoredVideos``.
  private(set) var places: [Int]

  init(_ videos: ScoredVideos, _ range: Range<Int>) {
    let all = videos.offsets[range.lowerBound]..<videos.offsets[range.upperBound]
    offsets = Array(repeating: 0, count: videos.classCount + 1)
    for place in all { offsets[Int(videos.labels[place]) + 1] += 1 }
    for label in 0..<videos.classCount { offsets[label + 1] += offsets[label] }
    var next = offsets
    places = Array(repeating: 0, count: all.count)
    for place in all {
      let label = Int(videos.labels[place])
      places[next[label]] = place
      next[label] += 1
    }
  }
}

extension ScoredVideos {
  /// Only the `count` best predictions of each video, in their order.
  package func best(_ count: Int, _ ties: TieRule, _ workers: Workers) throws -> ScoredVideos {
    guard (0..<self.count).contains(where: { range($0).count > count }) else { return self }
    let batches = VideoMetrics.batches(self.count, .order)
    let kept = try workers.map(batches.count) { batch -> (places: [Int], counts: [Int]) in
      var best = BestPredictions(ties, classCount: classCount)
      var places: [Int] = []
      var counts: [Int] = []
      for video in batches[batch] {
        let before = places.count
        best.forEach(count, of: self, video) { places.append($0) }
        places[before...].sort()
        counts.append(places.count - before)
      }
      return (places, counts)
    }
    return keeping(kept.flatMap(\.places), counts: kept.flatMap(\.counts))
  }
}
