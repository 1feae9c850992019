import ArgumentParser
import Bytes
import Terminal
import Training

/// Which checkpoint of a training to use, and how.
struct CheckpointChoice: ParsableArguments {
  @Option(
    name: [.customLong("checkpoint"), .customLong("checkpoint-file"), .customLong("check-point")],
    help: ArgumentHelp(
      """
      A checkpoint of the training: its prefix, its name in --train-dir, or its step (default, and -1: that of the highest \
      step).
      """, valueName: "prefix"), completion: .file())
  var checkpoint: String?

  @Flag(
    name: [.customLong("use-EMA"), .customLong("use-ema"), .customLong("use-ema-var")], inversion: .prefixedNo,
    help: "Use the moving averages of the weights.")
  var usesAverages = false

  /// The prefix of the checkpoint.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none.
  func prefix(in folder: String?) throws -> String {
    guard let checkpoint, checkpoint != "-1" else {
      guard let folder else {
        throw KernelError(.usage, "", "no checkpoint is named", hint: "use --train-dir or --checkpoint")
      }
      return try TrainingFolder.newest(in: folder)
    }
    let name = checkpoint.hasSuffix(".index") ? String(checkpoint.dropLast(6)) : checkpoint
    guard let folder, !FileStatus.exists(name + ".index") else { return name }
    if let step = Int(name), step >= 0 { return TrainingFolder.prefix(step, in: folder) }
    return Path.join(folder, name)
  }

  /// Whether there is a checkpoint to use, or one is at least named.
  func isThere(in folder: String?) -> Bool {
    checkpoint != nil || folder.map { (try? TrainingFolder.newest(in: $0)) != nil } ?? false
  }

  /// Whether a checkpoint of the training in a folder is meant, and not a model that was exported there.
  func isMeant(in folder: String) -> Bool {
    if checkpoint != nil || usesAverages { return true }
    return !FileStatus.exists(Path.join(folder, ModelExport.baseName + ".meta"))
      && FileStatus.exists(Path.join(folder, Hyperparameters.fileName))
      && (try? TrainingFolder.newest(in: folder)) != nil
  }
}

/// The same for programs that take the flags of models too.
struct TrainedModelOptions: ParsableArguments {
  @OptionGroup var choice: CheckpointChoice
  @OptionGroup(title: "MODELS") var flags: ModelFlagOptions
  @OptionGroup(title: "MODELS") var extents: ExtentOptions
  @OptionGroup var idle: IdleOptions

  var usesAverages: Bool { choice.usesAverages }

  /// The checkpoint with its hyperparameters.
  ///
  /// - Throws: ``KernelError`` `.usage` when the options contradict what the folder tells.
  func model(_ prefix: String, _ stated: StatedModel) throws -> TrainedModel {
    let model = try TrainedModel(prefix, classCount: extents.numClasses, frameLimit: extents.maxFrames) {
      try flags.hyperparameters(of: $1, from: $0)
    }
    try stated.check(model.modelFlags)
    return model
  }
}
