import ArgumentParser
import Bytes
import Inference
import Terminal
import Training

/// Which checkpoint of a training to use, and how.
struct CheckpointChoice: ParsableArguments {
  @Option(
    name: [.customLong("checkpoint"), .customLong("checkpoint-file")],
    help: ArgumentHelp(
      "A checkpoint of the training: its prefix, or its name in --train-dir (default: that of the highest step).",
      valueName: "prefix"), completion: .file())
  var checkpoint: String?

  @Flag(
    name: [.customLong("use-EMA"), .customLong("use-ema-var")], inversion: .prefixedNo,
    help: "Use the moving averages of the weights.")
  var usesAverages = false

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

  /// The checkpoint with its hyperparameters, when other options do not contradict what the folder tells of the model.
  ///
  /// - Throws: ``KernelError`` `.usage` when they do.
  func model(
    _ prefix: String, _ options: ModelOptions, _ flags: ModelFlagOptions? = nil, frameFeatures: Bool? = nil
  ) throws -> TrainedModel {
    let trained = try TrainedModel(prefix) { kept in
      try flags?.hyperparameters(from: kept) ?? kept ?? Hyperparameters()
    }
    let kept = trained.modelFlags
    if let name = options.architecture, name != kept.model {
      throw KernelError(.usage, kept.source, "says that the model is \(kept.model ?? "unknown"), not \(name)")
    }
    if let frameFeatures, frameFeatures != kept.takesFrames {
      throw KernelError(
        .usage, kept.source, "says that the model takes \(kept.takesFrames ? "frames" : "means of frames")")
    }
    if let names = options.featureNames, let sizes = options.featureSizes {
      let other = try ModelFlags(
        source: "the command line", model: kept.model, names: names, sizes: sizes, level: kept.schema.level,
        labelLoss: kept.labelLoss)
      guard other.describesSame(as: kept) else {
        throw KernelError(.usage, kept.source, "says that the model is \(kept.summary), not \(other.summary)")
      }
    }
    return trained
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
  @OptionGroup var idle: IdleOptions

  var usesAverages: Bool { choice.usesAverages }
}
