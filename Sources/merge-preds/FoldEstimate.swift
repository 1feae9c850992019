import Bytes
import Optimization
import Terminal

extension Search {
  /// What found weights are worth on videos (or classes of segments) on which they were not searched.
  ///
  /// - Returns: `nil` when interrupted.
  func estimate(_ folds: Folds, _ goal: Goal, _ display: OptimizationDisplay) throws -> FoldEstimate? {
    let modelCount = space.weights.count
    let estimate = try estimate(folds: folds.count) { part in
      let goal = goal.filtered { folds.contains($0, part) }
      return { try goal.value($0, modelCount: modelCount) }
    } observer: { fold, progress in
      display.show(progress, part: "fold \(fold + 1) of \(folds.count), ")
      return Interruption.isRequested ? .stop : .proceed
    }
    display.finish()
    return estimate.folds.count == folds.count ? estimate : nil
  }
}
