import ArgumentParser
import Bytes
import Inference
import Packaging
import Terminal
import Training

/// `trainer infer`
struct Infer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict the classes of videos.",
    discussion: """
      Runs an exported model on frame-level or video-level records and writes a prediction file: a row for each video, \
      in the order of the records, with its best classes and their scores. The flags are those of the published \
      inference.py. Without an exported model in --train-dir the newest checkpoint of the training there is run.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var records: RecordOptions

  @Option(
    help: ArgumentHelp("More record files; may be repeated.", valueName: "files"), completion: .file())
  var inputDataPattern: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("output"), .customLong("output-file")],
    help: ArgumentHelp("Where to write the predictions, gzipped if it ends in .gz.", valueName: "path"),
    completion: .file())
  var output: String?

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "How many classes of each video to write; of equal scores the smaller class comes first.", valueName: "k"))
  var topK = 20

  @Option(
    help: ArgumentHelp("Pack the model as an archive before it is run.", valueName: "path"),
    completion: .file(extensions: ["tgz"]))
  var outputModelTgz: String?

  @Option(
    help: ArgumentHelp(
      "Average this many runs, for models that draw frames at random; others run once.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt64?

  @Flag(
    help: """
      Go on where a run with the same model, records and options was cut; the rows that it had finished are in the file \
      OUTPUT.part.
      """)
  var resume = false

  @OptionGroup(title: "TRAININGS") var trained: CheckpointChoice

  // Published command lines have them, where they never had an effect.
  @Flag(inversion: .prefixedNo, help: .hidden)
  var sampleAll = false
  @Flag(inversion: .prefixedNo, help: .hidden)
  var frameFeatures: Bool?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
    if resume, output == nil || output == "-" { throw ValidationError("--resume goes with --output") }
    if rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
  }

  func run() throws {
    let named = NamedOutput(output, existing: forcing.existing, threads.workers)
    try named.check()
    if sampleAll { quiet.diagnostics.note("--sample_all has no effect: the model decides which frames it takes") }
    if frameFeatures != nil {
      quiet.diagnostics.note("--frame_features has no effect: the model decides which records it takes")
    }
    let files = try records.expanded(inputDataPattern, option: "--input-data-pattern")
    try records.check(named.path, isNoneOf: files)
    let isStream = files.contains(FileArguments.standardInput)
    if resume, isStream { throw KernelError(.usage, "", "a run that reads standard input cannot be resumed") }
    let model = try trainedModel() ?? model.open(existing: forcing.existing) { try pack($0) }
    if model.isOfTraining { quiet.diagnostics.warning("\(model.metaPath): \(ModelOptions.trainingNote)") }
    if rounds > 1, !model.drawsAtRandom { quiet.diagnostics.note(ModelOptions.onceNote) }
    let run = InferenceRun(
      model: model, files: files, topK: topK, rounds: rounds, seed: seed, shard: records.part.shard,
      batchSize: records.batchSize, workers: threads.workers, readers: records.readers(threads.workers))
    let total = RecordOptions.byteCount(files)
    guard let path = named.path, !isStream else {
      let meter = progress.start("inferring", quiet)
      defer { meter.finish() }
      var videoCount = 0
      try named.write { sink in
        videoCount = try run.write(to: sink) { bytes, videos in
          meter.report(bytes, of: total, videos, "videos")
        }
      }
      return noteIfEmpty(videoCount)
    }
    let journal = try RunJournal(beside: path, run.identity, start)
    if journal.rowCount > 0 { quiet.diagnostics.note("\(path): going on after \(journal.rowCount) videos") }
    try complete(journal, run, total)
    try named.write { sink in try run.write(journal, to: sink) }
    journal.remove()
    noteIfEmpty(journal.rowCount)
  }

  /// The model of a training's checkpoint, when that is meant; `nil` for one that was exported.
  private func trainedModel() throws -> ExportedModel? {
    guard let folder = model.trainDir, trained.isMeant(in: folder) else {
      guard trained.checkpoint == nil, !trained.usesAverages else {
        throw KernelError(
          .usage, "", "--checkpoint and --use-EMA are for trainings",
          hint: "name the folder of one with --train-dir")
      }
      return nil
    }
    guard outputModelTgz == nil else {
      throw KernelError(
        .usage, folder, "has no exported model to be packed", hint: "write it with trainer export first")
    }
    let checkpoint = try TrainedModel(trained.prefix(in: folder)) { $0 ?? Hyperparameters($1.usualLineage) }
    try StatedModel(name: model.architecture, featureNames: model.featureNames, featureSizes: model.featureSizes)
      .check(checkpoint.modelFlags)
    return try checkpoint.exported(usesAverages: trained.usesAverages)
  }

  /// Tells why there are no rows; a script that joins the results of parts may want the header alone.
  private func noteIfEmpty(_ videoCount: Int) {
    guard videoCount == 0 else { return }
    let part = records.part.shard == nil ? "" : " of this part"
    quiet.diagnostics.note("the record files hold no videos\(part): only the header is written")
  }

  private func complete(_ journal: RunJournal, _ run: InferenceRun, _ total: Int) throws {
    let meter = progress.start("inferring", quiet)
    defer { meter.finish() }
    let done = journal.rowCount
    // What an earlier run has done tells nothing of how fast this one is.
    var skipped: Int?
    try run.complete(journal) { bytes, videos in
      let start = skipped ?? (done > 0 ? bytes : 0)
      skipped = start
      meter.report(bytes - start, of: total - start, videos - done, "videos")
    }
  }

  private var start: RunJournal.Start {
    forcing.force ? .forced(resuming: resume) : resume ? .resuming : .anew
  }

  private func pack(_ model: ExportedModel) throws {
    guard let path = outputModelTgz else { return }
    var options = Submission.WriteOptions()
    options.existing = forcing.existing
    options.workers = threads.workers
    try Submission(model.prefix).write(to: path, options: options)
  }
}
