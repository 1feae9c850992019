/// How ``JoinedPredictions`` merges and what it measures.
package struct JoinOptions: Equatable, Sendable {
  /// What is measured.
  package enum Metric: String, Sendable, CaseIterable {
    case gap, map, perr
    case hitAtOne = "hit@1"
  }

  package var metric = Metric.gap
  /// The parameter of `power` and `place` is only what is used when an evaluation does not say another.
  package var rule = MergeRule.mean
  package var missing = MergeOptions.MissingLabels.zero
  /// How many merged labels of a video count.
  package var topK = 20

  package init() {}
}
