import Bytes
import Predictions

/// How good a model's predictions of labelled videos are.
///
/// Memory: that of ``BatchMetrics``.
package struct Evaluation {
  /// What was measured, over all videos.
  package struct Result: Sendable {
    package let metrics: VideoMetrics
    /// How many classes the model has.
    package let classCount: Int
    /// The mean over the videos; `nil` without a known loss.
    package let loss: Double?

    /// The mean over all classes of the model, those that no video has among them, as 2018's eval.py logs it.
    package var meanAveragePrecisionOfAllClasses: Double {
      metrics.meanAveragePrecision(over: classCount)
    }
  }

  private let topK: Int
  private let loss: LabelLoss?
  private let workers: Workers
  private var metrics: BatchMetrics?
  private var classCount = 0
  private var lossSum = 0.0

  /// - Parameters:
  ///   - topK: how many predictions of a video count in GAP and MAP.
  ///   - loss: computed from the predictions, since an ensemble's graph has only the losses of its members.
  package init(topK: Int, loss: LabelLoss?, workers: Workers) {
    self.topK = topK
    self.loss = loss
    self.workers = workers
  }

  /// Judges a batch that was read with its labels.
  ///
  /// - Parameter scores: `[videos, classes]` in a row.
  /// - Throws: ``KernelError`` `.badData` for a label that is no class of the model.
  package mutating func add(
    _ batch: VideoBatch, _ scores: UnsafeBufferPointer<Float>, classCount: Int
  ) throws {
    self.classCount = classCount
    let blockSize = 32
    let rows = Rows(scores: scores)
    let (topK, loss) = (topK, loss)
    let pieces = try workers.map((batch.count + blockSize - 1) / blockSize) { block in
      var videos = ScoredVideos(classCount: classCount)
      var best = TopClasses()
      var lossSum = 0.0
      for video in block * blockSize..<min((block + 1) * blockSize, batch.count) {
        let row = UnsafeBufferPointer(rebasing: rows.scores[video * classCount..<(video + 1) * classCount])
        let labels = batch.members[video].labels
        if let label = labels.last, Int(label) >= classCount {
          throw batch.error(video, "has label \(label), but the model has only the classes 0 to \(classCount - 1)")
        }
        lossSum += loss?(row, labels) ?? 0
        Evaluation.append(row, labels, topK: topK, &best, to: &videos)
      }
      return (videos, lossSum)
    }
    var videos = ScoredVideos(classCount: classCount)
    for (piece, sum) in pieces {
      videos.append(piece)
      lossSum += sum
    }
    var metrics = self.metrics ?? BatchMetrics(topK: topK, classCount: classCount)
    try metrics.add(videos, workers)
    self.metrics = metrics
  }

  /// Appends as many of the best predictions as metrics look at; all of them where equal scores are at a limit.
  private static func append(
    _ row: UnsafeBufferPointer<Float>, _ labels: [Int32], topK: Int, _ best: inout TopClasses,
    to videos: inout ScoredVideos
  ) {
    let needed = max(topK, labels.count, 1)
    best.select(needed < row.count ? needed + 1 : row.count, of: row)
    let hasTies = [topK, labels.count].contains { limit in
      limit > 0 && limit < best.scores.count && best.scores[limit - 1] == best.scores[limit]
    }
    if hasTies {
      videos.append(labels: 0..<Int32(clamping: row.count), scores: row, truth: labels)
    } else {
      videos.append(labels: best.labels, scores: best.scores, truth: labels)
    }
  }

  /// What was found of all batches.
  ///
  /// - Throws: ``KernelError`` `.badData` when there were no videos, or none with a label.
  package func result() throws -> Result {
    guard let metrics, metrics.videoCount > 0 else { throw KernelError(.badData, "", "there are no videos") }
    guard metrics.labelCount > 0 else {
      throw KernelError(
        .badData, "", "none of \(metrics.videoCount) videos has a label",
        hint: "records of the test set cannot be evaluated")
    }
    return Result(
      metrics: try metrics.metrics(workers), classCount: classCount,
      loss: loss.map { _ in lossSum / Double(metrics.videoCount) })
  }

  /// Read by several threads while the caller waits for them.
  private struct Rows: @unchecked Sendable { let scores: UnsafeBufferPointer<Float> }
}
