import Bytes
import Execution
import Graphs
import Tensors

/// Runs an exported model on batches of videos.
///
/// Memory: that of a ``Session``, whose largest values grow with the batch.
package final class Predictor {
  private let model: ExportedModel
  private let session: Session
  private let rounds: Int
  /// How many classes the model has; `nil` before the first batch.
  package private(set) var classCount: Int?

  /// - Parameters:
  ///   - rounds: how many runs to average, for graphs that draw frames at random; others run once.
  ///   - seed: for what such graphs draw, where they have no seed of their own.
  /// - Throws: ``KernelError`` `.badData` when the graph's saver is not understood.
  package init(_ model: ExportedModel, rounds: Int = 1, seed: UInt64? = nil, workers: Workers) throws {
    self.model = model
    self.rounds = model.drawsAtRandom ? max(1, rounds) : 1
    session = try Session(
      model.meta, path: model.metaPath, checkpoint: model.checkpoint, seed: seed, workers: workers)
  }

  /// Where the graph's random operators are in their streams of numbers: to go on where another run ended.
  package var randomPositions: [String: UInt64] {
    get { session.randomPositions }
    set { session.randomPositions = newValue }
  }

  /// Calls `body` with the scores of the videos of a batch, `[videos, classes]` in a row, and the number of classes.
  ///
  /// - Throws: ``KernelError`` `.badData` when the graph cannot be run, or gives something else than a finite score for
  ///   each class.
  package func predict(_ batch: VideoBatch, _ body: (UnsafeBufferPointer<Float>, Int) throws -> Void) throws {
    var feeds = [model.input: batch.features]
    if let endpoint = model.frameCounts { feeds[endpoint] = batch.frameCounts(as: model.frameCountType) }
    let first = try scores(of: batch, feeds)
    let classCount = first.shape.dimensions[1]
    self.classCount = classCount
    guard rounds > 1 else {
      return try first.withElements(Float.self) { scores in
        try check(scores, classCount, batch)
        try body(scores, classCount)
      }
    }
    var sums = first.array(of: Float.self)
    for _ in 1..<rounds {
      try scores(of: batch, feeds).withElements(Float.self) { scores in
        for index in 0..<min(sums.count, scores.count) { sums[index] += scores[index] }
      }
    }
    let divisor = Float(rounds)
    for index in sums.indices { sums[index] /= divisor }
    try sums.withUnsafeBufferPointer { scores in
      try check(scores, classCount, batch)
      try body(scores, classCount)
    }
  }

  private func scores(of batch: VideoBatch, _ feeds: [Endpoint: Tensor]) throws -> Tensor {
    let result = try session.run([model.predictions], feeding: feeds)[0]
    let dimensions = result.shape.dimensions
    guard result.dtype == .float32, dimensions.count == 2, dimensions[0] == batch.count, dimensions[1] > 0,
      classCount == nil || classCount == dimensions[1]
    else {
      throw KernelError(
        .badData, model.metaPath, at: .node(model.predictions.node),
        "gives \(result) for \(batch.count) videos, not a float32 score for each class of each video")
    }
    return result
  }

  /// Refuses scores that no file of predictions can hold.
  private func check(_ scores: UnsafeBufferPointer<Float>, _ classCount: Int, _ batch: VideoBatch) throws {
    // A number times zero is zero, unless it is infinite or none.
    var sum: Float = 0
    for score in scores { sum += score * 0 }
    guard sum != 0, let place = scores.firstIndex(where: { !$0.isFinite }) else { return }
    let member = batch.members[place / classCount]
    throw batch.error(
      place / classCount, "the model gives \(scores[place]) for class \(place % classCount)",
      hint: member.frameCount == 0
        ? "the video has no frames; leave it out with tfrecord-tool filter" : "do the weights hold such numbers?")
  }
}
