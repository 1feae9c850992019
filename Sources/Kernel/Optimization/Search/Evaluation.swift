/// A function to be made as large as possible, known only by its values: takes a point of a ``SearchSpace`` (weights
/// first, then tunables). It must be deterministic; members of a batch are evaluated on several threads at once.
public typealias Objective = @Sendable (_ point: [Double]) throws -> Double

/// One evaluation of an ``Objective``.
public struct Evaluation: Sendable, Equatable {
  /// The coordinates, in the order of ``SearchSpace/names``.
  public var point: [Double]
  public var target: Double
  /// Seconds from the beginning of the search to the end of the evaluation.
  public var elapsed: Double

  /// An evaluation made somewhere.
  public init(point: [Double], target: Double, elapsed: Double) {
    self.point = point
    self.target = target
    self.elapsed = elapsed
  }
}

/// How far a search is after an evaluation.
public struct SearchProgress: Sendable {
  public let latest: Evaluation
  /// The best evaluation up to now.
  public let best: Evaluation
  /// How many evaluations there are, those known beforehand included, and how many there will be.
  public let count: Int
  public let limit: Int
}

/// What to do after an evaluation.
public enum SearchDecision: Sendable { case proceed, stop }

/// What a search has found.
public struct SearchResult: Sendable {
  public let best: Evaluation
  /// All evaluations, in the order in which they were asked for.
  public let evaluations: [Evaluation]
  public let ending: SearchEnding
}

/// Why a search ended.
public enum SearchEnding: Error, Sendable {
  /// All evaluations allowed were made.
  case complete
  /// The observer asked for it.
  case stopped
  /// There are no points left that were not tried, as with one model and no tunables.
  case exhausted
}
