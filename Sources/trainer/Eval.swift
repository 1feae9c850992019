import ArgumentParser
import Bytes
import Inference
import Predictions
import Terminal

/// `trainer eval`
struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model by labelled records.",
    discussion: """
      Runs an exported model on records and tells GAP, Hit@1, PERR, MAP and the loss, as the evaluation programs of \
      the challenge compute them; among equal scores their heap and shuffle decide. MAP is the mean over the classes \
      that some video has, MAP(ALL) over all classes of the model, as the program of 2018 logs it. The loss is that \
      of model_flags.json (CrossEntropyLoss, HingeLoss, SoftmaxLoss), computed from the predictions. The flags are \
      those of the published eval_custom.py and eval.py.

      When --train-dir is the folder of a training, its newest checkpoint is measured, then each that follows, until \
      Ctrl-C or with --run-once not at all. A line is told of each, and events for TensorBoard are written to the folder.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var records: RecordOptions

  @Option(
    help: ArgumentHelp("More record files; may be repeated.", valueName: "files"), completion: .file())
  var evalDataPattern: [String] = []

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp("How many predictions of a video count in GAP and MAP.", valueName: "k"))
  var topK = 20

  @Option(
    name: [.customLong("rounds"), .customLong("n-rounds")],
    help: ArgumentHelp(
      "Average this many runs, for models that draw frames at random; others run once.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt64?

  @OptionGroup(title: "TRAININGS") var following: FollowingOptions
  @OptionGroup var trained: TrainedModelOptions
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
    if rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
  }

  func run() throws {
    if let folder = model.trainDir, following.isTraining(folder, trained) {
      return try TrainingEvaluation(options: self, folder: folder).run()
    }
    try following.refuse(trained)
    let files = try files()
    let exported = try model.open(existing: forcing.existing)
    if exported.isOfTraining { quiet.diagnostics.warning("\(exported.metaPath): \(ModelOptions.trainingNote)") }
    if rounds > 1, !exported.drawsAtRandom { quiet.diagnostics.note(ModelOptions.onceNote) }
    let result = try measure(
      exported, Predictor(exported, rounds: rounds, seed: seed, workers: threads.workers), files)
    if json.json { try writeJSON(result) } else { try writeTable(result) }
  }

  /// The record files.
  func files() throws -> [String] { try records.expanded(evalDataPattern, option: "--eval-data-pattern") }

  /// Runs the model on the records.
  func measure(_ exported: ExportedModel, _ predictor: Predictor, _ files: [String]) throws -> Evaluation.Result {
    let reader = BatchReader(
      files, exported.schema, batchSize: records.batchSize, shard: records.part.shard, wantsLabels: true,
      readers: records.readers(threads.workers))
    var evaluation = Evaluation(topK: topK, loss: loss(of: exported), workers: threads.workers)
    let meter = progress.start("evaluating", quiet)
    defer { meter.finish() }
    let total = RecordOptions.byteCount(files)
    var videoCount = 0
    try reader.forEachBatch(isOverlapped: threads.workers.count > 1) { batch in
      try predictor.predict(batch) { scores, classCount in
        try evaluation.add(batch, scores, classCount: classCount)
      }
      videoCount += batch.count
      meter.report(batch.byteCount, of: total, videoCount, "videos")
    }
    return try evaluation.result()
  }

  private func loss(of model: ExportedModel) -> LabelLoss? {
    guard let name = model.flags.labelLoss else { return nil }
    let loss = LabelLoss(rawValue: name)
    if loss == nil { quiet.diagnostics.note("\(model.flags.source): no loss is computed for \(name)") }
    return loss
  }

  private func writeTable(_ result: Evaluation.Result) throws {
    let metrics = result.metrics
    var table = Table([
      .init("MODEL", isFlexible: true), .init("VIDEOS", .right), .init("GAP@\(topK)", .right),
      .init("HIT@1", .right),
      .init("PERR", .right), .init("MAP", .right), .init("MAP(ALL)", .right), .init("LOSS", .right),
    ])
    table.append(
      [model.name, "\(metrics.videoCount)"]
        + [
          metrics.globalAveragePrecision, metrics.hitAtOne, metrics.equalRecallPrecision,
          metrics.meanAveragePrecision, result.meanAveragePrecisionOfAllClasses,
        ].map { NumberFormat.fixed(6).text($0) } + [result.loss.map { NumberFormat.fixed(6).text($0) } ?? "-"])
    try table.write()
  }

  /// - Parameter step: of the training whose checkpoint it is.
  func writeJSON(_ result: Evaluation.Result, step: Int? = nil) throws {
    let json = JSONWriter(StandardOutput.shared)
    let metrics = result.metrics
    try json.object {
      try json.member("model", model.name)
      if let step { try json.member("step", step) }
      try json.member("videos", metrics.videoCount)
      try json.member("classes", result.classCount)
      try json.member("gap@\(topK)", metrics.globalAveragePrecision)
      try json.member("hit@1", metrics.hitAtOne)
      try json.member("perr", metrics.equalRecallPrecision)
      try json.member("map", metrics.meanAveragePrecision)
      try json.member("map_of_all_classes", result.meanAveragePrecisionOfAllClasses)
      if let loss = result.loss { try json.member("loss", loss) }
    }
  }
}
