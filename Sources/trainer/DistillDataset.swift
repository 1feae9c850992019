import ArgumentParser
import Bytes
import Inference
import Terminal
import Training

/// `trainer distill-dataset`
struct DistillDataset: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Add a teacher's predictions to records, for a student to learn.",
    discussion: """
      Runs an exported model on labelled records and writes files predictions-00000.tfrecord, … of the same videos with \
      what it predicts of them, which trainer train --loss-lambda takes. The options are those of the published \
      prepare_distill_dataset.py; a batch need not fit a file.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var records: RecordOptions

  @Option(
    help: ArgumentHelp("More record files; may be repeated.", valueName: "files"), completion: .file())
  var inputDataPattern: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("output-dir"), .customLong("output")],
    help: ArgumentHelp("The folder to write to; made if it is missing.", valueName: "folder"),
    completion: .directory)
  var outputDir: String

  @Option(help: ArgumentHelp("Videos of a file.", valueName: "n"))
  var fileSize = 512

  @Option(help: ArgumentHelp("Average this many runs, for models that draw frames at random.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt64?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if fileSize < 1 { throw ValidationError("--file-size must be 1 or more, not \(fileSize)") }
    if rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
  }

  func run() throws {
    let files = try records.expanded(inputDataPattern, option: "--input-data-pattern")
    let exported = try model.open(existing: forcing.existing)
    if exported.isOfTraining { quiet.diagnostics.warning("\(exported.metaPath): \(ModelOptions.trainingNote)") }
    let set = try DistillationSet(exported, to: outputDir, fileSize: fileSize, existing: forcing.existing)
    try records.check(set.path(0), isNoneOf: files)
    let reader = BatchReader(
      files, exported.schema, batchSize: records.batchSize, shard: records.part.shard, wantsLabels: true,
      readers: records.readers(threads.workers))
    let predictor = try Predictor(exported, rounds: rounds, seed: seed, workers: threads.workers)
    let meter = progress.start("predicting", quiet)
    defer { meter.finish() }
    let total = RecordOptions.byteCount(files)
    let written = try set.write(reader, predictor, isOverlapped: threads.workers.count > 1) { bytes, videos in
      meter.report(bytes, of: total, videos, "videos")
    }
    meter.finish()
    quiet.diagnostics.detail("\(outputDir): \(written.videos) videos in \(written.files) files")
  }
}
