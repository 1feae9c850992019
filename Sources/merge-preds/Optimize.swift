import ArgumentParser
import Bytes
import Optimization
import Predictions
import Terminal

/// `merge-preds optimize`
struct Optimize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the weights with which a merge is best.",
    discussion: """
      Give predictions for videos that no model was trained on. Writes a weights file for merge --weights-file. The \
      result is never worse on these videos than equal weights or the best single file; --folds tells what it is worth \
      on others. Interrupted once, by Ctrl-C, it ends with the best so far; with --log it can be resumed.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]
  @OptionGroup var goal: GoalOptions
  @OptionGroup var search: SearchChoices

  @Option(
    help: ArgumentHelp(
      "Estimate the gain on other videos: search so many times without a part of them, and measure on that.",
      valueName: "n"))
  var folds: Int?

  @Option(
    help: ArgumentHelp("Write each evaluation to this file, as bayes_opt's JSON lines.", valueName: "path"),
    completion: .file())
  var log: String?

  @Flag(help: "Continue the run whose --log exists, or begin with the knowledge of another.") var resume = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if goal.labels.isEmpty { throw ValidationError("there is no ground truth; give it with --labels FILES") }
    if let folds, folds < 2 { throw ValidationError("--folds must be 2 or more, not \(folds)") }
    if resume, log == nil { throw ValidationError("--resume needs --log") }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    let paths = try PredictionInputs.paths(files)
    if let log, ([output.output].compactMap { $0 } + paths).contains(log) {
      throw ValidationError("--log \(log.printable) is another file of this run")
    }
    let goal = try goal.goal(PredictionInputs(paths, threads.workers), workers: threads.workers)
    goal.warnOfGaps(paths, quiet.diagnostics)
    let space = try search.space(paths, goal)
    let search = try Search(space, search.options(space, paths, goal))
    let folds = try folds.map { try Folds(goal.parts, count: $0, seed: search.options.seed) }
    let display = OptimizationDisplay(goal.name, progress, quiet)
    Interruption.watch()
    let result = try run(search, goal, display)
    display.finish()
    let estimate = try folds.flatMap { folds in
      result.ending == .stopped ? nil : try search.estimate(folds, goal, display)
    }
    try named.write { sink in try sink.write(weights(result, goal, space).text) }
    display.tell(result, space)
    if let estimate {
      display.tell(estimate, of: goal.partName)
    } else if folds != nil {
      quiet.diagnostics.warning("interrupted before the estimate over folds was complete")
    }
  }

  private func run(_ search: Search, _ goal: Goal, _ display: OptimizationDisplay) throws -> SearchResult {
    let modelCount = search.space.weights.count
    let isThere = log.map { FileStatus.exists($0) } ?? false
    let known = try resume && isThere ? log.map { try SearchLog($0, names: search.space.names) } : nil
    if let known, let log { try goal.warnOfOtherRun(known, log, modelCount: modelCount, quiet.diagnostics) }
    let writer = try log.map { path in
      try SearchLogWriter(
        path, space: search.space,
        existing: known.map { .append($0) } ?? (output.forcing.force ? .replace : .refuse))
    }
    return try search.run({ try goal.value($0, modelCount: modelCount) }, known: known?.evaluations ?? []) {
      progress in
      try writer?.append(progress.latest)
      display.show(progress)
      return Interruption.isRequested ? .stop : .proceed
    }
  }

  private func weights(_ result: SearchResult, _ goal: Goal, _ space: SearchSpace) -> WeightsFile {
    let entries = zip(space.weights, result.best.point).map { WeightsFile.Entry($0, $1) }
    var parameters: [WeightsFile.Entry] = []
    if let parameter = goal.parameter {
      let found = space.tunables.isEmpty ? parameter.value : result.best.point[space.weights.count]
      parameters.append(.init(parameter.name, found))
    }
    var file = WeightsFile(
      metric: goal.name, score: result.best.target, weights: entries, parameters: parameters)
    file.recipe = goal.recipe
    return file
  }
}
