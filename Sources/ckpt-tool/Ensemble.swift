import ArgumentParser
import Bytes
import Checkpoints
import Graphs
import Models
import Predictions
import Terminal

/// `ckpt-tool ensemble`
struct Ensemble: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make one model of several, which predicts the weighted mean.",
    discussion: """
      Writes inference_model and model_flags.json (of the last model) into a new folder. The models see the same videos \
      through common placeholders; model i and its variables are under model_i/. Models may be quantized, or ensembles \
      themselves; they may call functions, which TensorFlow can run but trainer cannot. Tensors that are equal are stored \
      once.
      """)

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("The models: checkpoints with their graphs.", valueName: "model"),
    completion: .file())
  var models: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "How much each model counts; they must sum to 1 (default: all the same).", valueName: "weight"))
  var weights: [Float] = []

  @Option(
    help: ArgumentHelp(
      "Weights as merge-preds optimize writes them, by the names of the models or else in their order.",
      valueName: "file"),
    completion: .file())
  var weightsFile: String?

  @Option(
    help: ArgumentHelp(
      "The mean of the probabilities, or of their log odds (default: what the weights file says, else mean).",
      valueName: "mean|logit"))
  var how: Rule?

  @Option(name: [.customLong("save-folder"), .customShort("o")], help: "The folder, which must not exist.")
  var saveFolder: String

  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  /// How predictions are put together.
  enum Rule: String, ExpressibleByArgument, CaseIterable {
    case mean, logit

    var ensembleRule: EnsembleRule { self == .mean ? .mean : .logit }
  }

  func validate() throws {
    if models.isEmpty { throw ValidationError("name the models with --models") }
    if !weights.isEmpty && weightsFile != nil {
      throw ValidationError("--weights and --weights-file exclude each other")
    }
    if !weights.isEmpty, weights.count != models.count {
      throw ValidationError("\(counted(weights.count, "weight")) for \(counted(models.count, "model"))")
    }
    if let wrong = weights.first(where: { !($0 >= 0) || !$0.isFinite }) {
      throw ValidationError("a weight of \(wrong) makes no sense")
    }
  }

  func run() throws {
    let members = try models.map { try ModelFiles($0) }
    let file = try weightsFile.map { try WeightsFile($0) }
    let rule = try how ?? rule(of: file)
    let plan = try ModelPlan(ensembleOf: members, weights: try finalWeights(file), rule.ensembleRule)
    guard !dryRun.dryRun else {
      let size = "\(counted(plan.tensors.tensors.count, "tensor")), \(counted(plan.tensors.byteCount, "byte"))"
      return try StandardOutput.shared.line("would write \(size) to \(saveFolder.printable)")
    }
    let meter = progress.start("writing \(Path.name(of: saveFolder))", quiet)
    defer { meter.finish() }
    try plan.write(toNewFolder: saveFolder, threads.workers) { meter.report($0, plan.tensors.byteCount) }
    quiet.diagnostics.detail("wrote an ensemble of \(counted(models.count, "model")) to \(saveFolder)")
  }

  /// The rule that the weights were found for.
  private func rule(of file: WeightsFile?) throws -> Rule {
    switch file?.recipe.how {
    case nil, .mean: return .mean
    case .logit: return .logit
    case let other?:
      throw KernelError(
        .usage, weightsFile ?? "", "its weights are for the rule \(other.rawValue), which a graph does not have",
        hint: "say --how mean or --how logit, or find weights for one of them")
    }
  }

  /// The weights in the order of the models; a sum that is off by rounding is mended.
  private func finalWeights(_ file: WeightsFile?) throws -> [Float] {
    if let file, let weightsFile {
      let choice = try file.weights(forModels: models, source: weightsFile)
      if choice.isByOrder {
        let pairs = zip(models, file.weights).map { "\($0.printable) as \($1.name.printable)" }
        quiet.diagnostics.detail("\(weightsFile): takes \(pairs.joined(separator: ", "))")
      }
      let sum = choice.weights.reduce(0, +)
      return choice.weights.map { Float($0 / sum) }
    }
    if weights.isEmpty { return models.map { _ in 1 / Float(models.count) } }
    let sum = weights.reduce(0, +)
    guard abs(sum - 1) < 1e-4 else {
      throw KernelError(.usage, "", "the weights sum to \(sum), not to 1", hint: "divide them by their sum")
    }
    return weights
  }
}
