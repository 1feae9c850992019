import Bytes
import Optimization
import Predictions
import Terminal

/// What `optimize` says on standard error: how far it is and what it has found.
struct OptimizationDisplay: Sendable {
  private enum Style { case none, status, lines }

  private let metric: String
  private let style: Style
  private let diagnostics: Diagnostics

  init(_ metric: String, _ progress: ProgressFlag, _ quiet: QuietOptions) {
    self.metric = metric
    diagnostics = quiet.diagnostics
    style = progress.progress ? .lines : quiet.quiet || !StandardError.shared.isTerminal ? .none : .status
  }

  /// Shows the best so far: on a terminal in one line that changes, else a line for each that is better than all before.
  func show(_ progress: SearchProgress, part: String = "") {
    guard style != .none else { return }
    let text =
      "\(part)\(progress.count) of \(progress.limit): \(metric) \(shown(progress.latest.target)), "
      + "best \(shown(progress.best.target))"
    if style == .status { return StandardError.shared.setStatus(text) }
    if progress.latest == progress.best { StandardError.shared.line(text) }
  }

  func finish() { if style == .status { StandardError.shared.setStatus(nil) } }

  /// Tells the result next to what one would have had without a search.
  func tell(_ result: SearchResult, _ space: SearchSpace) {
    if result.ending == .stopped {
      diagnostics.warning("interrupted after " + counted(result.evaluations.count, "evaluation"))
    }
    let count = space.weights.count
    var parts = ["\(metric) \(shown(result.best.target)) after " + counted(result.evaluations.count, "evaluation")]
    if let equal = result.evaluations.first(where: { Set($0.point.prefix(count)).count == 1 }) {
      parts.append("\(shown(equal.target)) with equal weights")
    }
    let singles = result.evaluations.filter { $0.point.prefix(count).filter { $0 > 0 }.count == 1 }
    if count > 1, let best = singles.max(by: { $0.target < $1.target }),
      let model = best.point.prefix(count).firstIndex(where: { $0 > 0 })
    {
      parts.append("\(shown(best.target)) with \(space.weights[model].printable) alone")
    }
    diagnostics.note(parts.joined(separator: ", "))
  }

  /// Tells what the weights are worth on others.
  ///
  /// - Parameter unit: what the folds are made of.
  func tell(_ estimate: FoldEstimate, of unit: String) {
    diagnostics.note(
      "on \(unit) not searched on, over \(estimate.folds.count) folds: \(metric) \(shown(estimate.heldOut)), "
        + "\(shown(estimate.equalWeights)) with equal weights; on those searched on \(shown(estimate.searched))")
  }

  private func shown(_ value: Double) -> String { NumberFormat.fixed(6).text(value) }
}
