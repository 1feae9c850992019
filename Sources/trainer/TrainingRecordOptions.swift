import ArgumentParser
import Bytes
import Inference
import Records
import Terminal
import Training

/// Which records a training reads.
struct TrainingRecordOptions: ParsableArguments {
  @Argument(
    help: "The record files: paths, quoted globs, comma-separated lists of them, or @list for a file of names.",
    completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp("More record files; may be repeated.", valueName: "files"), completion: .file())
  var trainDataPattern: [String] = []

  @Option(help: ArgumentHelp("The features of the records, as rgb,audio.", valueName: "names"))
  var featureNames = "mean_rgb"

  @Option(help: ArgumentHelp("How many numbers each feature has, as 1024,128.", valueName: "sizes"))
  var featureSizes = "1024"

  @Flag(inversion: .prefixedNo, help: "The records have frames, not means of them.")
  var frameFeatures = false

  @Option(
    help: ArgumentHelp("How many classes there are (default: 3862; of the lineage willow 4716).", valueName: "n"))
  var numClasses: Int?

  @Option(help: ArgumentHelp("Frames of a video that are looked at; further ones are dropped.", valueName: "n"))
  var maxFrames = 300

  @Flag(
    inversion: .prefixedNo,
    help: "Also read the files that the patterns match with validate in place of each train in them.")
  var inclVal = false

  @Flag(help: "Also read the validation file that goes with each file, as the programs of 2017 do.")
  var withTwins = false

  @Flag(
    inversion: .prefixedNo,
    help: "Leave out a fold, a fifth of the files, and read the validation files that go with the others.")
  var useCv = false

  @Option(help: ArgumentHelp("The fold that is left out, from 0 to 4.", valueName: "n"))
  var fold = 0

  @Option(
    help: ArgumentHelp("Which files are in which fold; 0 takes them in the order of their names.", valueName: "n"))
  var splitSeed: UInt32 = 0

  @Option(
    help: ArgumentHelp(
      """
      Validation files to leave out: what stands between validate and .tfrecord in their names, between commas, or \
      boliu for the sixty that the tenth place of 2018 holds out.
      """, valueName: "ids"))
  var holdOut: String?

  @Option(
    help: ArgumentHelp("Files that are open at a time, from which records are taken in turn.", valueName: "n"))
  var numReaders = 8

  @Option(
    help: ArgumentHelp(
      "Records among which the next one is drawn (default: five batches).", valueName: "n"))
  var shuffleBuffer: Int?

  @Option(
    help: ArgumentHelp("How often every record comes (default: 5; of the lineage willow 15).", valueName: "n"))
  var numEpochs: Int?

  @Option(
    help: ArgumentHelp(
      "What becomes of a damaged record: fail ends the training, skip goes on with another.", valueName: "how"))
  var onBadRecord = InputOptions.BadRecords.fail

  func validate() throws {
    for (name, value) in [
      ("num-classes", numClasses ?? 1), ("max-frames", maxFrames), ("num-readers", numReaders),
      ("num-epochs", numEpochs ?? 1), ("shuffle-buffer", shuffleBuffer ?? 1),
    ] where value < 1 || value > 1 << 30 {
      throw ValidationError("--\(name) must be from 1 to \(1 << 30), not \(value)")
    }
    if [inclVal, withTwins, useCv].count(where: { $0 }) > 1 {
      throw ValidationError("--incl-val, --with-twins and --use-cv exclude each other")
    }
    if !useCv, fold != 0 || splitSeed != 0 { throw ValidationError("--fold and --split-seed go with --use-cv") }
  }

  /// The input that the options describe.
  ///
  /// - Parameter lineage: decides what is not given.
  /// - Throws: ``KernelError`` for files that are not there and features that make no sense.
  func input(batchSize: Int, _ lineage: Lineage) throws -> InputOptions {
    guard !(files + trainDataPattern).isEmpty else {
      throw KernelError(
        .usage, "", "there are no record files to read", hint: "name them, or use --train-data-pattern")
    }
    let flags = try ModelFlags(
      source: ModelFlags.commandLine, names: featureNames, sizes: featureSizes,
      level: frameFeatures ? .frame : .video)
    var schema = flags.schema
    schema.maxFrames = maxFrames
    let choice: TrainingFiles.Choice =
      useCv ? .allButFold(fold, seed: splitSeed) : inclVal ? .withValidation : withTwins ? .withTwins : .all
    let chosen = try TrainingFiles(
      files + trainDataPattern, choice, holdingOut: holdOut.map { try HeldOutShards(parsing: $0) })
    var options = InputOptions(
      files: chosen.files, schema: schema, classCount: numClasses ?? lineage.usualClassCount,
      batchSize: batchSize, epochs: numEpochs ?? lineage.usualEpochCount,
      bufferSize: shuffleBuffer)
    options.openFileCount = numReaders
    options.badRecords = onBadRecord
    return options
  }
}

extension InputOptions.BadRecords: ExpressibleByArgument {}
