import ArgumentParser
import Bytes
import Optimization
import Predictions
import Terminal

/// `merge-preds report`
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a page about a run of optimize.",
    discussion: """
      From the log of a run: how it went, and the weights found. With the files and the ground truth, given as to \
      optimize, also what each model adds, as the loss when it is left out, and how alike the models are. The page is \
      one HTML file that loads nothing else.
      """)

  @Argument(help: "The prediction files of the run.", completion: .file()) var files: [String] = []

  @Option(help: ArgumentHelp("What optimize --log wrote.", valueName: "path"), completion: .file())
  var log: String

  @OptionGroup var goal: GoalOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if files.isEmpty != goal.labels.isEmpty {
      throw ValidationError("the effect of each model takes both the files and --labels")
    }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    let log = try SearchLog(log)
    guard let best = log.evaluations.max(by: { $0.target < $1.target }) else {
      throw KernelError(.badData, self.log, "holds no evaluation")
    }
    var page = ReportPage(title: "Optimization of \(Path.name(of: self.log))")
    page.addConvergence(log.evaluations.map(\.target))
    page.addNumbers("Best point", zip(log.names, best.point).map { ($0, $1) })
    if !files.isEmpty { try addModels(to: &page, log.names, best) }
    try named.write { try $0.write(Array(page.text.utf8)) }
  }

  private func addModels(to page: inout ReportPage, _ names: [String], _ best: Evaluation) throws {
    let paths = try PredictionInputs.paths(files)
    let point = Dictionary(zip(names, best.point)) { $1 }
    let weights = try paths.map { path in
      guard let weight = point[path] else {
        throw KernelError(
          .usage, path, "\(log.printable) has no weight of this file",
          hint: "give the files as to optimize: \(names.map(\.printable).joined(separator: ", "))")
      }
      return weight
    }
    let inputs = try PredictionInputs(paths, threads.workers)
    let goal = try goal.goal(inputs, point, workers: threads.workers)
    let whole = try goal.value(weights, modelCount: paths.count)
    if abs(whole - best.target) > 1e-6 {
      quiet.diagnostics.warning(
        "the best point is worth \(rounded(whole)) here and \(rounded(best.target)) in \(log.printable)",
        hint: "give the labels, the metric and the way of merging as to optimize")
    }
    let losses = try paths.indices.map { left in
      let others = weights.enumerated().map { $0.offset == left ? 0 : $0.element }
      return (paths[left], try whole - goal.value(others, modelCount: paths.count))
    }
    page.addNumbers("Loss of \(goal.name) without each model", losses)
    guard paths.count > 1 else { return }
    let matrix = try CorrelationMatrix(inputs, topK: nil, threads.workers)
    page.addMatrix("Spearman's correlation of the models", paths) { matrix[$0, $1].spearman }
  }
}
