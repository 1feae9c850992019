import Bytes
import Glibc
import Inference
import Terminal
import Training

/// Measures the checkpoints of a training, or exports one, as `eval.py` does.
struct TrainingEvaluation {
  let options: Eval
  let folder: String

  /// Seconds between two looks for a new checkpoint.
  private static let pause: UInt32 = 2

  func run() throws {
    options.trained.idle.note(options.quiet.diagnostics)
    let follows = !options.following.runOnce && options.trained.choice.checkpoint == nil
    var files: [String]?
    var events: EventFile?
    var last: String?
    // What this run has written it may write again.
    var existing = options.forcing.existing
    while true {
      let prefix = try options.trained.choice.prefix(in: folder)
      if prefix == last {
        sleep(TrainingEvaluation.pause)
        continue
      }
      last = prefix
      let model = try options.trained.model(prefix, stated)
      if let name = try options.following.exportName(model) {
        try export(model, name, existing)
        existing = .replace
      }
      guard options.following.isMeasured else { return }
      let records = try files ?? options.files()
      files = records
      let result: Evaluation.Result
      do { result = try measure(model, records) } catch {
        // The training may have removed it meanwhile.
        if follows, !FileStatus.exists(prefix + ".index") { continue }
        throw error
      }
      try tell(result, step: model.step)
      let file = try events ?? EventFile(in: folder)
      events = file
      try file.write(event(result), step: model.step)
      guard follows else { return }
    }
  }

  /// What the options say of the model, which its folder must not contradict.
  private var stated: StatedModel {
    StatedModel(
      name: options.model.architecture, featureNames: options.model.featureNames,
      featureSizes: options.model.featureSizes, takesFrames: options.following.frameFeatures)
  }

  private func export(_ model: TrainedModel, _ name: String, _ existing: AtomicFile.Existing) throws {
    let export = try model.export(rounds: options.rounds, usesAverages: options.trained.usesAverages)
    try export.write(to: folder, name: name, existing: existing, options.threads.workers)
  }

  private func measure(_ model: TrainedModel, _ files: [String]) throws -> Evaluation.Result {
    let exported = try model.exported(
      rounds: options.rounds, usesAverages: options.trained.usesAverages,
      seed: options.seed.map { Int($0 & 0xffff_ffff) })
    return try options.measure(exported, Predictor(exported, workers: options.threads.workers), files)
  }

  /// The line of the reference's log (specs: miha2018 §2.3).
  private func tell(_ result: Evaluation.Result, step: Int) throws {
    if options.json.json {
      try options.writeJSON(result, step: step)
    } else {
      func text(_ value: Double, _ digits: Int) -> String { NumberFormat.fixed(digits).text(value) }
      let metrics = result.metrics
      try StandardOutput.shared.line(
        "epoch/eval number \(step) | Avg_Hit@1: \(text(metrics.hitAtOne, 3))"
          + " | Avg_PERR: \(text(metrics.equalRecallPrecision, 3))"
          + " | MAP: \(text(result.meanAveragePrecisionOfAllClasses, 6))"
          + " | GAP: \(text(metrics.globalAveragePrecision, 6))"
          + (result.loss.map { " | Avg_Loss: \(text($0, 6))" } ?? ""))
    }
    try StandardOutput.shared.flush()
  }

  /// The numbers for TensorBoard, under the reference's tags.
  private func event(_ result: Evaluation.Result) -> SummaryEvent {
    var event = SummaryEvent()
    event.add("Epoch/Eval_Avg_Hit@1", result.metrics.hitAtOne)
    event.add("Epoch/Eval_Avg_Perr", result.metrics.equalRecallPrecision)
    if let loss = result.loss { event.add("Epoch/Eval_Avg_Loss", loss) }
    event.add("Epoch/Eval_MAP", result.meanAveragePrecisionOfAllClasses)
    event.add("Epoch/Eval_GAP", result.metrics.globalAveragePrecision)
    return event
  }
}
