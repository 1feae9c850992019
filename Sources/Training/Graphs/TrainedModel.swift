import Bytes
import Checkpoints
import Inference

/// A checkpoint of a training with what tells the model: to be measured, or exported.
package struct TrainedModel: Sendable {
  /// The checkpoint's prefix.
  package let prefix: String
  package let modelFlags: ModelFlags
  package let flags: Hyperparameters
  private let model: any VideoModel
  private let videos: VideoShape

  /// The step that the checkpoint's name tells; 0 when it tells none.
  package var step: Int { Int(Path.name(of: prefix).split { $0 == "-" || $0 == "_" }.last ?? "") ?? 0 }

  /// A checkpoint whose folder tells the model; no values are read yet.
  ///
  /// - Parameters:
  ///   - prefix: the checkpoint; `model_flags.json` and the hyperparameters are in its folder.
  ///   - classCount, frameLimit: of the videos, for what the training did not keep them of.
  ///   - choices: changes the hyperparameters, if any are kept, to what the user says those of the model are.
  /// - Throws: ``KernelError`` `.noInput` when something is missing, `.usage` when the user says other
  ///   hyperparameters than the training had.
  package init(
    _ prefix: String, classCount: Int? = nil, frameLimit: Int? = nil,
    choices: (Hyperparameters?, any VideoModel) throws -> Hyperparameters
  ) throws {
    self.prefix = prefix
    let folder = Path.folder(of: prefix)
    modelFlags = try TrainedModel.modelFlags(in: folder)
    guard let name = modelFlags.model else {
      throw KernelError(.badData, modelFlags.source, "has no string 'model'")
    }
    let model = try Zoo.model(named: name)
    self.model = model
    let state = try TrainedModel.state(of: prefix)
    var path = Path.join(folder, Hyperparameters.fileName)
    var kept = try FileStatus.exists(path) ? Hyperparameters(reading: path) : nil
    if kept == nil, let state {
      path = TrainingState.path(of: prefix)
      kept = try Hyperparameters(state, from: path)
    }
    let flags = try choices(kept, model)
    if let difference = kept.flatMap({ flags.contradictions(to: $0, for: model.name).first }) {
      throw KernelError(
        .usage, path, "says --\(difference.name) \(difference.other), not \(difference.own)",
        hint: "leave the option out: the training's own hyperparameters are used")
    }
    self.flags = flags
    func number(_ name: String, _ stated: Int?, _ usual: Int) throws -> Int {
      let kept = state?.model.first { $0.name == name }.flatMap { Int($0.value) }
      if let kept, let stated, kept != stated {
        throw KernelError(
          .usage, TrainingState.path(of: prefix), "says --\(name) \(kept), not \(stated)",
          hint: "leave the option out: what the training had is used")
      }
      return kept ?? stated ?? usual
    }
    let frames = try number("max_frames", frameLimit, 300)
    videos = VideoShape(
      featureSizes: modelFlags.schema.inputs.map(\.size), frameLimit: modelFlags.takesFrames ? frames : nil,
      classCount: try number("num_classes", classCount, flags.lineage.usualClassCount))
  }

  private static func modelFlags(in folder: String) throws -> ModelFlags {
    do { return try ModelFlags(reading: Path.join(folder, ModelFlags.fileName)) } catch var error as KernelError
      where error.kind == .noInput
    {
      error.hint = "a training writes it into its folder; copy it from there"
      throw error
    }
  }

  /// What the training kept with the checkpoint, or with its newest one when this was made of several.
  private static func state(of prefix: String) throws -> TrainingState? {
    if let state = try TrainingState(of: prefix) { return state }
    guard let newest = try TrainingFolder.steps(in: Path.folder(of: prefix)).last else { return nil }
    return try TrainingState(of: TrainingFolder.prefix(newest, in: Path.folder(of: prefix)))
  }

  /// The model as it is used, with the checkpoint's values.
  ///
  /// - Parameters:
  ///   - rounds: how many passes are averaged.
  ///   - usesAverages: takes the moving averages of weights.
  package func export(rounds: Int = 1, usesAverages: Bool = false, seed: Int? = nil) throws -> ModelExport {
    let graph = try InferenceGraph(
      model, flags, videos, rounds: rounds,
      loss: modelFlags.labelLoss.flatMap { TrainingLoss.named[$0] } ?? .crossEntropy, seed: seed)
    return try ModelExport(
      graph, modelFlags, flags, values: openCheckpoint(prefix), usesAverages: usesAverages)
  }

  /// The same, ready to be run.
  package func exported(rounds: Int = 1, usesAverages: Bool = false, seed: Int? = nil) throws -> ExportedModel {
    let export = try export(rounds: rounds, usesAverages: usesAverages, seed: seed)
    let digest = try ExportedModel.digest(of: prefix) + (usesAverages ? " averages" : "")
    return try ExportedModel(prefix, export.meta, export.values, digest: digest) { _ in modelFlags }
  }
}
