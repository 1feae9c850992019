import Bytes

/// The metrics of videos that come in batches with scores for all their classes, exactly as the evaluation programs
/// compute them batch by batch, equal scores included (specs: tm_google §5, miha2018 §9).
///
/// Memory: of each video its `topK` best predictions, as ``ScoredVideos`` keeps them, and a batch.
package struct BatchMetrics: Sendable {
  private let topK: Int
  private var kept: ScoredVideos
  private var batchEnds: [Int] = []
  /// Sums over the videos: of each batch's float32 mean times its size, and of precisions.
  private var hits = 0.0
  private var precisions = 0.0

  package init(topK: Int, classCount: Int) {
    self.topK = topK
    kept = ScoredVideos(classCount: classCount)
  }

  package var videoCount: Int { kept.count }
  /// How many labels the videos have.
  package var labelCount: Int { kept.positives.count }

  /// Adds a batch.
  ///
  /// - Parameter videos: with predictions for all classes, or at least for the best of them as far as metrics look and
  ///   for all where equal scores decide.
  package mutating func add(_ videos: ScoredVideos, _ workers: Workers) throws {
    guard videos.count > 0 else { return }
    let blockSize = 16
    let rule = TieRule.reference(batchEnds: [videos.count])
    let rows = try workers.map((videos.count + blockSize - 1) / blockSize) { block in
      RowMeans(videos, block * blockSize..<min((block + 1) * blockSize, videos.count), rule)
    }
    let hitCount = rows.reduce(0) { $0 + $1.hitCount }
    // numpy's mean of float32 is one.
    hits += Double(Float(hitCount) / Float(videos.count)) * Double(videos.count)
    precisions += rows.reduce(0) { $0 + $1.precisions }
    kept.append(try videos.best(topK, rule, workers))
    batchEnds.append(kept.count)
  }

  /// The metrics of all videos so far.
  package func metrics(_ workers: Workers) throws -> VideoMetrics {
    guard videoCount > 0 else { return VideoMetrics() }
    var metrics = try VideoMetrics(kept, topK: topK, .reference(batchEnds: batchEnds), workers)
    metrics.hitAtOne = hits / Double(videoCount)
    metrics.equalRecallPrecision = precisions / Double(videoCount)
    return metrics
  }
}
