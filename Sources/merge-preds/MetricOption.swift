import ArgumentParser
import Predictions

/// A metric as it is written: `gap@20`, `map@100000`, `perr`, `hit@1`.
struct MetricOption: ExpressibleByArgument {
  let metric: JoinOptions.Metric
  /// What follows `@`, if anything does; 0 is all.
  let topK: Int?

  init?(argument: String) {
    if argument == "hit@1" || argument == "perr" {
      metric = argument == "perr" ? .perr : .hitAtOne
      topK = nil
      return
    }
    let parts = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts[0] == "gap" || parts[0] == "map" else { return nil }
    metric = parts[0] == "gap" ? .gap : .map
    guard parts.count == 2 else {
      topK = nil
      return
    }
    guard let number = Int(parts[1]), number >= 0 else { return nil }
    topK = number
  }
}
