import ArgumentParser
import Bytes
import Training

/// What `trainer eval` does with the folder of a training.
struct FollowingOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Measure one checkpoint only.")
  var runOnce = false

  @Flag(inversion: .prefixedNo, help: "Measure nothing: write the model as trainer export does.")
  var buildOnly = false

  @Flag(
    inversion: .prefixedNo,
    help: "The same, under the name inference_model_N with the number of the step.")
  var createMetaOnly = false

  @Flag(inversion: .prefixedNo, help: "Call it inference_model all the same.")
  var forceOutputModelName = false

  @Flag(inversion: .prefixedNo, help: .hidden)
  var frameFeatures: Bool?

  func validate() throws {
    if forceOutputModelName, !createMetaOnly, !buildOnly {
      throw ValidationError("--force-output-model-name goes with --create-meta-only")
    }
  }

  /// Whether the folder is that of a training, whose checkpoints are to be used and not a model that was exported
  /// there.
  func isTraining(_ folder: String, _ trained: TrainedModelOptions) -> Bool {
    if trained.choice.checkpoint != nil || buildOnly || createMetaOnly { return true }
    return FileStatus.exists(Path.join(folder, Hyperparameters.fileName))
      && (try? TrainingFolder.newest(in: folder)) != nil
  }

  /// The name of the model that is to be written; `nil` when it is to be measured.
  func exportName(step: Int) -> String? {
    guard buildOnly || createMetaOnly else { return nil }
    return createMetaOnly && !forceOutputModelName ? "\(ModelExport.baseName)_\(step)" : ModelExport.baseName
  }

  /// - Throws: ``KernelError`` `.usage` for options that only trainings have.
  func refuse(_ trained: TrainedModelOptions) throws {
    guard trained.choice.checkpoint == nil, !trained.usesAverages, !buildOnly, !createMetaOnly else {
      throw KernelError(
        .usage, "", "--checkpoint, --use-EMA, --build-only and --create-meta-only are for trainings",
        hint: "name the folder of one with --train-dir")
    }
  }
}
