import Bytes
import Inference
import Predictions

/// What is told of a step.
package struct StepReport: Sendable {
  /// How good the predictions of the batch were, before the weights changed.
  package struct Metrics: Sendable, Equatable {
    package var hitAtOne: Double
    package var equalRecallPrecision: Double
    package var globalAveragePrecision: Double
  }

  package var step: Int
  package var loss: Float
  package var penalty: Float
  package var learningRate: Float
  package var examplesPerSecond: Double
  /// Not of every step.
  package var metrics: Metrics?
  /// `nil` as long as nobody knows.
  package var secondsLeft: Double?

  /// The line as the reference logs it (specs: miha2018 §2.8), with the time left after it when metrics are told.
  package var line: String {
    func text(_ value: Double) -> String { NumberFormat.fixed(2).text(value) }
    var line =
      "training step \(step) | Loss: \(text(Double(loss))) Examples/sec: \(text(examplesPerSecond))"
    guard let metrics else { return line }
    line += " | Hit@1: \(text(metrics.hitAtOne)) PERR: \(text(metrics.equalRecallPrecision))"
    line += " GAP: \(text(metrics.globalAveragePrecision))"
    if let secondsLeft { line += " | ETA: \(DurationText.of(seconds: secondsLeft))" }
    return line
  }

  /// The numbers for TensorBoard, under the reference's tags; none of steps without metrics.
  var event: SummaryEvent {
    var event = SummaryEvent()
    guard let metrics else { return event }
    event.add("model/Training_Hit@1", metrics.hitAtOne)
    event.add("model/Training_Perr", metrics.equalRecallPrecision)
    event.add("model/Training_GAP", metrics.globalAveragePrecision)
    event.add("global_step/Examples/Second", examplesPerSecond)
    event.add("learning_rate", Double(learningRate))
    event.add("label_loss", Double(loss))
    event.add("reg_loss", Double(penalty))
    return event
  }
}

extension StepReport.Metrics {
  /// Of a batch; zeros when none of its videos has a label.
  ///
  /// - Parameter scores: `[videos, classes]` in a row.
  init(_ batch: TrainingBatch, _ scores: UnsafeBufferPointer<Float>, _ workers: Workers) throws {
    (hitAtOne, equalRecallPrecision, globalAveragePrecision) = (0, 0, 0)
    guard batch.count > 0, batch.videos.members.contains(where: { !$0.labels.isEmpty }) else { return }
    var evaluation = Evaluation(topK: 20, loss: nil, workers: workers)
    try evaluation.add(batch.videos, scores, classCount: scores.count / batch.count)
    let metrics = try evaluation.result().metrics
    hitAtOne = metrics.hitAtOne
    equalRecallPrecision = metrics.equalRecallPrecision
    globalAveragePrecision = metrics.globalAveragePrecision
  }
}
