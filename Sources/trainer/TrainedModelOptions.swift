import ArgumentParser
import Bytes
import Terminal
import Training

/// Which checkpoint of a training to use, and how.
struct TrainedModelOptions: ParsableArguments {
  @Option(
    name: [.customLong("checkpoint"), .customLong("checkpoint-file")],
    help: ArgumentHelp(
      "A checkpoint of the training: its prefix, or its name in --train-dir (default: that of the highest step).",
      valueName: "prefix"), completion: .file())
  var checkpoint: String?

  @Flag(name: [.customLong("use-EMA")], inversion: .prefixedNo, help: "Use the moving averages of the weights.")
  var usesAverages = false

  @OptionGroup(title: "MODELS") var flags: ModelFlagOptions
  @OptionGroup var idle: IdleOptions

  /// The prefix of the checkpoint.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none.
  func prefix(in folder: String?) throws -> String {
    guard let checkpoint else {
      guard let folder else {
        throw KernelError(.usage, "", "no checkpoint is named", hint: "use --train-dir or --checkpoint")
      }
      return try TrainingFolder.newest(in: folder)
    }
    let name = checkpoint.hasSuffix(".index") ? String(checkpoint.dropLast(6)) : checkpoint
    guard let folder, !FileStatus.exists(name + ".index") else { return name }
    return Path.join(folder, name)
  }

  /// The checkpoint with its hyperparameters.
  func model(_ prefix: String) throws -> TrainedModel {
    try TrainedModel(prefix) { try flags.hyperparameters(from: $0) }
  }
}
