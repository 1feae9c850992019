import ArgumentParser
import Bytes
import Checkpoints
import Quantization
import Terminal
import Models

/// `quantize apply`, the default.
struct Apply: ParsableCommand {
  /// What becomes of variables that nothing reads any more.
  enum Unused: String, CaseIterable, ExpressibleByArgument { case keep, drop }

  static let configuration = CommandConfiguration(
    abstract: "Quantize a model: checkpoint and graph.",
    discussion: """
      Each float32 variable X with more elements than --min-elements becomes Xfloat16, or codes X_quants and their \
      levels X_space, named and computed as in the 2018 1st place's quantize.py; everything else is copied, and \
      model_flags.json too. Variables that are quantized already stay as they are. Prints what became of each tensor: \
      its bytes, mean squared error, signal-to-noise ratio, largest error, and for quant_kmeans how many times the least \
      possible squared error it has at most.
      """)

  @Option(
    help: ArgumentHelp("The model: a checkpoint with its .meta file.", valueName: "path"), completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("The prefix of the result; folders that are missing are made.", valueName: "path"),
    completion: .file())
  var savefile: String

  @OptionGroup var goal: GoalOptions
  @Option(help: ArgumentHelp("Only variables with more elements than this.", valueName: "n")) var minElements =
    17000
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var kMeans: KMeansOptions

  @Option(
    help: "What becomes of the variables' nodes, which nothing reads any more: keep (as the reference) or drop.")
  var unused = Unused.keep

  @Flag(help: "First cut the graph down to what predictions need: no optimizer, summaries or losses.")
  var prune = false

  @OptionGroup var writing: WritingOptions
  @OptionGroup var json: JSONFlag

  func validate() throws {
    if minElements < 0 { throw ValidationError("--min-elements must not be negative") }
    if (kMeans.exact || kMeans.weight != "mse") && !goal.usesKMeans {
      throw ValidationError("--weight and --exact are for quant_kmeans")
    }
  }

  func run() throws {
    let prefix = writing.prefix(savefile)
    try writing.check(prefix)
    let files = try ModelFiles(model)
    let selection = self.selection.selection
    var quantization = Quantization(goal.goal)
    quantization.minElements = minElements
    quantization.weighting = try kMeans.weighting()
    quantization.isExact = kMeans.exact
    quantization.keepsOriginals = unused == .keep
    quantization.prunes = prune
    quantization.measures = writing.dryRun.dryRun
    quantization.isChosen = { selection.contains($0) }
    let meter = writing.progress.start("making codebooks", writing.quiet)
    let result = try plan(quantization, files, meter)
    meter.finish()
    for name in selection.unmatched(in: files.source.tensors.lazy.map(\.name.description)) {
      writing.quiet.diagnostics.warning("no variable matches \(name)")
    }
    for name in result.skipped {
      writing.quiet.diagnostics.note("\(name): is a part of a partitioned variable, which is copied as it is")
    }
    try writing.write(result.plan, to: prefix)
    let outcomes = result.outcomes
    if outcomes.isEmpty {
      writing.quiet.diagnostics.warning(
        "no float32 variable has more than \(minElements) elements; the result is a copy",
        hint: "--min-elements sets the limit")
    }
    try warn(of: outcomes)
    let sizes = OutcomeTable.Sizes(before: files.source.byteCount, after: result.plan.tensors.byteCount)
    let table = OutcomeTable(outcomes, sizes)
    if json.json { try table.writeJSON() } else if !writing.quiet.quiet { try table.write() }
  }

  private func plan(
    _ quantization: Quantization, _ files: ModelFiles, _ meter: Progress
  ) throws -> Quantization.Result {
    do {
      return try quantization.plan(files, writing.threads.workers, progress: meter.report)
    } catch var error as KernelError {
      // A graph that uses a variable otherwise than predictions do.
      if case .node = error.place, error.hint != nil, !prune {
        error.hint = "--prune keeps only what predictions need"
      }
      throw error
    }
  }

  private func warn(of outcomes: [TensorOutcome]) throws {
    for outcome in outcomes where outcome.errors.worst.isInfinite {
      writing.quiet.diagnostics.warning("\(outcome.name): weights beyond the range of float16 became infinite")
    }
  }
}
