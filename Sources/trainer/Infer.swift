import ArgumentParser
import Bytes
import Inference
import Packaging
import Terminal

/// `trainer infer`
struct Infer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict the classes of videos.",
    discussion: """
      Runs an exported model on frame-level or video-level records and writes a prediction file: a row for each video, \
      in the order of the records, with its best classes and their scores. The flags are those of the published \
      inference.py.
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

  @Option(help: ArgumentHelp("Average this many runs, for models that draw frames at random.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt64?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
    if rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
  }

  func run() throws {
    let named = NamedOutput(output, existing: forcing.existing, threads.workers)
    try named.check()
    let files = try records.expanded(inputDataPattern, option: "--input-data-pattern")
    let model = try model.open(existing: forcing.existing) { try pack($0) }
    let predictor = try Predictor(model, rounds: rounds, seed: seed, workers: threads.workers)
    let reader = BatchReader(
      files, model.schema, batchSize: records.batchSize, shard: records.part.shard,
      readers: records.numReaders.map { Workers($0) } ?? threads.workers)
    let meter = progress.start("inferring", quiet)
    defer { meter.finish() }
    let total = RecordOptions.byteCount(files)
    try named.write { sink in
      try sink.write(Array("VideoId,LabelConfidencePairs\n".utf8))
      try reader.forEachBatch(isOverlapped: threads.workers.count > 1) { batch in
        try predictor.predict(batch) { scores, classCount in
          try sink.write(
            PredictionRows.text(of: batch, scores, classCount: classCount, topK: topK, threads.workers))
        }
        meter.report(batch.byteCount, total)
      }
    }
  }

  private func pack(_ model: ExportedModel) throws {
    guard let path = outputModelTgz else { return }
    var options = Submission.WriteOptions()
    options.existing = forcing.existing
    options.workers = threads.workers
    try Submission(model.prefix).write(to: path, options: options)
  }
}
