import ArgumentParser
import Bytes
import Training

/// What `trainer eval` does with the folder of a training.
struct FollowingOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Measure one checkpoint only.")
  var runOnce = false

  @Flag(inversion: .prefixedNo, help: "Measure nothing: write the model as trainer export does.")
  var buildOnly = false

  @OptionGroup var naming: NamingOptions

  @Flag(inversion: .prefixedNo, help: .hidden)
  var frameFeatures: Bool?

  /// Whether the folder is that of a training, whose checkpoints are to be used and not a model that was exported
  /// there.
  func isTraining(_ folder: String, _ trained: TrainedModelOptions) -> Bool {
    if trained.choice.checkpoint != nil || isWritten { return true }
    // One of the references' programs has no such file.
    let isKnown = FileStatus.exists(Path.join(folder, Hyperparameters.fileName))
    return (isKnown || !FileStatus.exists(Path.join(folder, ModelExport.baseName + ".meta")))
      && (try? TrainingFolder.newest(in: folder)) != nil
  }

  /// Whether the model is to be written.
  private var isWritten: Bool { buildOnly || naming.createMetaOnly || naming.forceOutputModelName }

  /// Whether it is to be measured.
  var isMeasured: Bool { !buildOnly && !naming.createMetaOnly }

  /// The name of the model that is to be written; `nil` when none is.
  ///
  /// - Throws: ``KernelError`` `.usage` when the checkpoint is an exported model itself.
  func exportName(_ model: TrainedModel) throws -> String? {
    guard isWritten else { return nil }
    return naming.createMetaOnly ? try naming.name(for: model.prefix, model.flags) : ModelExport.baseName
  }

  /// - Throws: ``KernelError`` `.usage` for options that only trainings have.
  func refuse(_ trained: TrainedModelOptions) throws {
    guard trained.choice.checkpoint == nil, !trained.usesAverages, !isWritten else {
      throw KernelError(
        .usage, "",
        "--checkpoint, --use-EMA, --build-only, --create-meta-only and --force-output-model-name are for trainings",
        hint: "name the folder of one with --train-dir")
    }
  }
}
