import Bytes
import Inference
import Records

/// Everything that decides what a training makes: the model, its hyperparameters, the records and the recipe.
package struct TrainingPlan: Sendable {
  package var model: any VideoModel
  package var flags: Hyperparameters
  /// The features by the texts of the command line, and the loss by its name.
  package var modelFlags: ModelFlags
  package var recipe: TrainingRecipe
  package var input: InputOptions
  /// The halflife of the weights' averages in steps; `nil` when none are kept.
  package var averageHalflife: Double? {
    didSet { recipe.averageDecay = averageHalflife.map { Float(1 - 1 / $0) } }
  }
  /// Which averages these are.
  package var averageForm: AverageForm {
    get { recipe.averageForm }
    set { recipe.averageForm = newValue }
  }
  /// Of first weights, of what the graph draws, and of the order of the records.
  package var seed: Int

  /// - Throws: ``KernelError`` `.usage` when the model takes other records.
  package init(
    _ model: any VideoModel, _ flags: Hyperparameters, _ modelFlags: ModelFlags, _ recipe: TrainingRecipe,
    _ input: InputOptions, seed: Int
  ) throws {
    self.model = model
    self.flags = flags
    self.modelFlags = modelFlags
    self.recipe = recipe
    self.input = input
    self.seed = seed
    self.input.seed = UInt64(bitPattern: Int64(seed))
    self.input.batchSize = recipe.batchSize
    self.recipe.variableScope = flags.lineage.scope
    guard model.takesFrames == modelFlags.takesFrames else {
      throw KernelError(
        .usage, "", "\(model.name) takes \(model.takesFrames ? "frames" : "one vector") of each video",
        hint: "--frame_features tells which of them the records have")
    }
  }

  package var videos: VideoShape {
    VideoShape(
      featureSizes: input.schema.inputs.map(\.size),
      frameLimit: input.schema.level == .frame ? input.schema.maxFrames : nil, classCount: input.classCount)
  }

  /// What checkpoints remember of the plan.
  package var state: TrainingState {
    typealias Setting = TrainingState.Setting
    let inputs = input.schema.inputs
    let model = [
      Setting("model", model.name), Setting("lineage", flags.lineage.rawValue),
      Setting("feature_names", inputs.map { $0.name.description }.joined(separator: ",")),
      Setting("feature_sizes", inputs.map { "\($0.size)" }.joined(separator: ",")),
      Setting("frame_features", modelFlags.takesFrames ? "true" : "false"),
      Setting("max_frames", "\(input.schema.maxFrames)"), Setting("num_classes", "\(input.classCount)"),
      Setting("optimizer", recipe.optimizer.rawValue),
      Setting("ema_halflife", averageHalflife.map { "\($0)" } ?? "none"),
      Setting("ema_form", averageHalflife == nil ? "none" : averageForm.rawValue),
    ]
    let flags = ModelFlag.all.filter { $0.models.contains(self.model.name) }
      .map { Setting($0.name, $0.text(in: self.flags)) }
    let training = [
      Setting("label_loss", modelFlags.labelLoss ?? "CrossEntropyLoss"), Setting("loss_lambda", teacherShare),
      Setting("base_learning_rate", "\(recipe.baseLearningRate)"),
      Setting("learning_rate_decay", recipe.fallsLinearly ? "linear" : "\(recipe.learningRateDecay)"),
      Setting("learning_rate_decay_examples", "\(recipe.decayExamples)"),
      Setting("batch_size", "\(recipe.batchSize)"), Setting("clip_gradient_norm", "\(recipe.clipNorm)"),
      Setting("regularization_penalty", "\(recipe.regularizationPenalty)"), Setting("seed", "\(seed)"),
    ]
    return TrainingState(model: model + flags, training: training)
  }

  private var teacherShare: String {
    if case .distillation(let share) = recipe.loss { "\(share)" } else { "none" }
  }
}
