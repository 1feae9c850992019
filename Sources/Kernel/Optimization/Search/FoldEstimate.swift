import Bytes

/// How much of what a search finds is real: the data is cut into folds, and for each one the search is done on the
/// others and its best point judged on that one.
public struct FoldEstimate: Sendable {
  /// A fold held out.
  public struct Fold: Sendable {
    /// The best found on the other folds, with its value there.
    public let best: Evaluation
    /// The value of that point on the fold itself, and that of equal weights.
    public let heldOut: Double
    public let equalWeights: Double
  }

  public let folds: [Fold]

  /// The means over the folds: of the values on the data searched, on the data held out, and of equal weights there.
  public var searched: Double { mean(\.best.target) }
  public var heldOut: Double { mean(\.heldOut) }
  public var equalWeights: Double { mean(\.equalWeights) }

  private func mean(_ value: (Fold) -> Double) -> Double {
    folds.isEmpty ? .nan : folds.reduce(0) { $0 + value($1) } / Double(folds.count)
  }
}

/// A part of data that is cut into folds.
public enum FoldPart: Sendable, Equatable {
  /// One fold.
  case fold(Int)
  /// All folds but one.
  case others(Int)
}

extension Search {
  /// Does the search on all but one of `count` folds, for each of them.
  ///
  /// - Parameters:
  ///   - objective: the objective on a part of the data.
  ///   - observer: called after each evaluation of a search, with the fold held out; stopping ends the estimate with
  ///     the folds that are complete.
  /// - Throws: ``KernelError`` `.usage` when there are fewer than two folds, and what ``run(_:known:observer:)`` throws.
  public func estimate(
    folds count: Int, _ objective: (FoldPart) throws -> Objective,
    observer: (Int, SearchProgress) throws -> SearchDecision = { _, _ in .proceed }
  ) throws -> FoldEstimate {
    guard count >= 2 else {
      throw KernelError(.usage, "", "\(count) folds leave nothing to search", hint: "choose 2 or more")
    }
    var folds: [FoldEstimate.Fold] = []
    for fold in 0..<count {
      let found = try run(objective(.others(fold))) { try observer(fold, $0) }
      if case .stopped = found.ending { break }
      let judge = try objective(.fold(fold))
      folds.append(
        FoldEstimate.Fold(
          best: found.best, heldOut: try judge(found.best.point), equalWeights: try judge(space.baselines[0])))
    }
    return FoldEstimate(folds: folds)
  }
}
