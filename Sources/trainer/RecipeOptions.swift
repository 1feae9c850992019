import ArgumentParser
import Bytes
import Terminal
import Training

/// How weights follow the records.
struct RecipeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Videos of a step.", valueName: "n"))
  var batchSize = 1024

  @Option(
    help: ArgumentHelp("The loss: CrossEntropyLoss, HingeLoss or SoftmaxLoss.", valueName: "name"))
  var labelLoss = "CrossEntropyLoss"

  @Option(
    help: ArgumentHelp(
      """
      Learn from a teacher's predictions, which trainer distill-dataset adds to records: the part of the loss that they \
      have, from 0 to 1; the labels have the rest.
      """, valueName: "part"))
  var lossLambda: Float?

  @Option(help: ArgumentHelp("How weights follow their gradients: \(names).", valueName: "name"))
  var optimizer = Optimizer.adam.rawValue

  @Option(
    help: ArgumentHelp(
      """
      The optimizers of the ninth place of 2019, by its names: radam (RAdamOptimizer), or bert (AdamWeightDecayOptimizer \
      with a rate that falls to 0 in as many steps as --learning-rate-decay-examples says).
      """, valueName: "name"))
  var customOptimizer: String?

  @Option(
    help: ArgumentHelp(
      "The learning rate to begin with (default: 0.01; of the lineage willow 0.001).", valueName: "rate"))
  var baseLearningRate: Float?

  @Option(
    help: ArgumentHelp(
      "By what the rate is multiplied again and again (default: 0.95; of the lineage willow 0.9).",
      valueName: "factor"))
  var learningRateDecay: Float?

  @Option(help: ArgumentHelp("After how many videos that happens.", valueName: "n"))
  var learningRateDecayExamples: Float = 4_000_000

  @Option(help: ArgumentHelp("A rate that stays as it is, instead of those; 0 is none.", valueName: "rate"))
  var fixLearningRate: Float?

  @Option(
    help: ArgumentHelp(
      "The largest norm of a variable's gradient, which is shortened to it; 0 leaves gradients as they are.",
      valueName: "norm"))
  var clipGradientNorm: Float = 1

  @Option(help: ArgumentHelp("The factor of the penalties of weights.", valueName: "factor"))
  var regularizationPenalty: Float = 1

  private static let names = Optimizer.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard (1...1 << 24).contains(batchSize) else {
      throw ValidationError("--batch-size must be from 1 to \(1 << 24), not \(batchSize)")
    }
    if let lossLambda, !(0...1).contains(lossLambda) {
      throw ValidationError("--loss-lambda must be from 0 to 1, not \(lossLambda)")
    }
    for (name, value) in [
      ("base-learning-rate", baseLearningRate ?? 1), ("learning-rate-decay", learningRateDecay ?? 1),
      ("learning-rate-decay-examples", learningRateDecayExamples),
      ("fix-learning-rate", fixLearningRate.flatMap { $0 == 0 ? nil : $0 } ?? 1),
    ] where !(value > 0 && value.isFinite) {
      throw ValidationError("--\(name) must be a number above 0, not \(value)")
    }
    for (name, value) in [
      ("clip-gradient-norm", clipGradientNorm), ("regularization-penalty", regularizationPenalty),
    ] where !value.isFinite {
      throw ValidationError("--\(name) must be a number, not \(value)")
    }
  }

  /// The recipe, without what other options decide.
  ///
  /// - Parameter lineage: decides what is not given.
  /// - Throws: ``KernelError`` `.usage` for a loss or an optimizer that does not exist.
  func recipe(_ lineage: Lineage) throws -> TrainingRecipe {
    var recipe = TrainingRecipe()
    guard let loss = TrainingLoss.named[labelLoss] else {
      throw KernelError(
        .usage, "", "there is no loss \(labelLoss.printable)",
        hint: "one of " + TrainingLoss.named.keys.sorted().joined(separator: ", "))
    }
    guard let optimizer = Optimizer(rawValue: optimizer) else {
      throw KernelError(
        .usage, "", "there is no optimizer \(optimizer.printable)", hint: "one of " + RecipeOptions.names)
    }
    recipe.loss = lossLambda.map { .distillation(teacher: $0) } ?? loss
    recipe.optimizer = optimizer
    recipe.baseLearningRate = baseLearningRate ?? lineage.usualLearningRate
    recipe.learningRateDecay = learningRateDecay ?? lineage.usualRateDecay
    recipe.decayExamples = learningRateDecayExamples
    if let name = customOptimizer, !name.isEmpty {
      guard let custom = Optimizer.custom[name] else {
        throw KernelError(
          .usage, "", "there is no custom optimizer \(name.printable)",
          hint: "one of " + Optimizer.custom.keys.sorted().joined(separator: ", "))
      }
      recipe.optimizer = custom
      recipe.fallsLinearly = custom == .weightDecayAdam
    }
    if let fixLearningRate, fixLearningRate != 0 {
      (recipe.baseLearningRate, recipe.learningRateDecay, recipe.fallsLinearly) = (fixLearningRate, 1, false)
    }
    recipe.batchSize = batchSize
    recipe.clipNorm = clipGradientNorm
    recipe.regularizationPenalty = regularizationPenalty
    return recipe
  }
}
