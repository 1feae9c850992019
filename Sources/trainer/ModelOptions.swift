import ArgumentParser
import Bytes
import Inference
import Records
import Terminal
import Training

/// Which model to run, in the ways of the published programs.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long, .customLong("model-file")],
    help: ArgumentHelp(
      "The model: the prefix of its checkpoint and .meta file, or any other name of the checkpoint.",
      valueName: "prefix"), completion: .file())
  var model: String?

  @Option(
    help: ArgumentHelp("The folder of the model, in which it is called inference_model.", valueName: "folder"),
    completion: .directory)
  var trainDir: String?

  @Option(
    help: ArgumentHelp("An archive (.tgz) that holds the model.", valueName: "path"),
    completion: .file(extensions: ["tgz", "gz", "tar"]))
  var inputModelTgz: String?

  @Option(
    help: ArgumentHelp(
      "Where to unpack the archive to stay (default: a temporary folder, which is removed).", valueName: "folder"),
    completion: .directory)
  var untarModelDir: String?

  @Option(
    help: ArgumentHelp(
      "The features that the model takes, as rgb,audio (default: what model_flags.json beside the model says).",
      valueName: "names"))
  var featureNames: String?

  @Option(help: ArgumentHelp("How many numbers each feature has, as 1024,128.", valueName: "sizes"))
  var featureSizes: String?

  /// The name of one of the published models that was given beside a folder, as the flags of `eval.py` have it; else
  /// `--model` is a prefix.
  var architecture: String? {
    guard trainDir != nil, let model, Zoo.models.contains(where: { $0.name == model }) else { return nil }
    return model
  }

  /// The model that `--model` names, unless that is an architecture.
  private var prefix: String? { architecture == nil ? model : nil }

  func validate() throws {
    let given = [("--model", prefix), ("--train-dir", trainDir), ("--input-model-tgz", inputModelTgz)]
      .filter { $0.1 != nil }.map(\.0)
    guard !given.isEmpty else {
      throw ValidationError("one of --model, --train-dir and --input-model-tgz must say which model to run")
    }
    guard given.count == 1 else {
      throw ValidationError("\(given[0]) and \(given[1]) each name a model to run; only one can be run")
    }
    if untarModelDir != nil, inputModelTgz == nil {
      throw ValidationError("--untar-model-dir goes with --input-model-tgz")
    }
    if (featureNames == nil) != (featureSizes == nil) {
      throw ValidationError("--feature-names and --feature-sizes go together")
    }
  }

  /// What is said to those who ask for several rounds in vain.
  static let onceNote = "the model draws nothing at random, so that all --rounds would be alike: it runs once"

  /// What is said of a checkpoint whose folder does not tell the model, so that its own graph is run.
  static let trainingNote = """
    the graph is the one of the training, which draws and drops at random and normalizes by each batch: trainer export \
    makes the model's own
    """

  /// What the user calls the model.
  var name: String { trainDir ?? model ?? inputModelTgz ?? "" }

  /// Opens the model and calls `body` before a temporary folder that it is in goes away.
  func open(existing: AtomicFile.Existing, _ body: (ExportedModel) throws -> Void = { _ in }) throws
    -> ExportedModel
  {
    let unpacked = try inputModelTgz.map { try UnpackedModel($0, into: untarModelDir, existing: existing) }
    defer { unpacked?.discard() }
    var flags: ((VideoSchema.Level) throws -> ModelFlags)?
    if let featureNames, let featureSizes {
      flags = {
        try ModelFlags(source: ModelFlags.commandLine, names: featureNames, sizes: featureSizes, level: $0)
      }
    }
    func opened() throws -> ExportedModel {
      let path = try prefix ?? ModelFolder.model(in: trainDir ?? unpacked?.folder ?? ".")
      return try ExportedModel(path, flags: flags)
    }
    let model = try unpacked.map { try $0.inArchive(opened) } ?? opened()
    try body(model)
    if unpacked != nil { try model.mapWeights() }
    return model
  }
}
