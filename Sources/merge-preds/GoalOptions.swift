import ArgumentParser
import Bytes
import Predictions
import Terminal

/// What a merge is to be good at: the ground truth, the metric and the way of merging.
struct GoalOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      The ground truth: what tfrecord-tool labels writes (for segments labels --segments, or a label cache), or the \
      record files themselves; may be a quoted glob, and be repeated.
      """, valueName: "files"), completion: .file())
  var labels: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      What to maximize: gap@K, map@K, perr or hit@1 of videos (default: gap@20), map@K of segments (default: \
      map@100000).
      """, valueName: "metric"))
  var metric: MetricOption?

  @OptionGroup var rule: HowOption

  @Option(
    help: """
      What counts for a label that a file does not have: zero; mean, the mean of the files that have it; or rescale, \
      nothing, so that the weights of those files count as all. Default: zero.
      """)
  var missing: MergeOptions.MissingLabels?

  @Option(
    help: ArgumentHelp(
      """
      Merge as a published program does, see merge; with optimize, notebook-2019 also searches as that did unless told \
      otherwise: --tune 0:10 --bounds 0:200 --init-points 3 --acquisition ucb --iterations 1003 --seed 7.
      """))
  var preset: Preset?

  func validate() throws {
    guard let preset else { return }
    if rule.how != nil || missing != nil || (rule.w0 != nil && preset != .notebook) {
      throw ValidationError("--preset \(preset.rawValue) decides by itself how scores are merged")
    }
  }

  /// The goal for these files.
  ///
  /// - Parameter found: numbers that an optimizer found, which stand in for those not given.
  func goal(_ inputs: PredictionInputs, _ found: [String: Double] = [:], workers: Workers) throws -> Goal {
    let labels = try FileArguments.expand(labels)
    switch inputs {
    case .videos(let files):
      var options = JoinOptions()
      options.metric = metric?.metric ?? .gap
      options.topK = metric?.topK.map { $0 == 0 ? Int.max : $0 } ?? 20
      options.rule = try videoRule(found)
      options.missing = missing ?? .zero
      let joined = try JoinedPredictions(files, VideoTruth(labels, workers), options, workers)
      let missing = preset == nil ? options.missing : nil
      return Goal(
        name: name("gap@20"), rule: options.rule, recipe: recipe(options.rule, missing, options.topK),
        kind: .videos(joined))
    case .segments(let files):
      if missing != nil { throw ValidationError("--missing is for predictions of videos") }
      if let metric, metric.metric != .map { throw ValidationError("segments are measured by map@K") }
      let w0 = try segmentW0(found)
      let rule = w0.map { MergeRule.place(w0: $0) } ?? .rank
      let topK = metric?.topK.map { $0 == 0 ? Int.max : $0 } ?? 100_000
      let joined = try JoinedSegments(files, SegmentTruth(labels, workers), w0: w0, topK: topK, workers)
      return Goal(name: name("map@100000"), rule: rule, recipe: recipe(rule, nil, topK), kind: .segments(joined))
    }
  }

  private func videoRule(_ found: [String: Double]) throws -> MergeRule {
    switch preset {
    case nil: return rule.rule(found)
    case .fileAveraging: return .fileAveraging
    case .notebook?, .ensemble?:
      throw ValidationError("--preset \(preset?.rawValue ?? "") is for ranked segments")
    }
  }

  private func segmentW0(_ found: [String: Double]) throws -> Double? {
    switch preset {
    case nil, .notebook: return try rule.segmentW0(found)
    case .ensemble: return 1
    case .fileAveraging: throw ValidationError("--preset file_averaging is for predictions of videos")
    }
  }

  private func recipe(_ rule: MergeRule, _ missing: MergeOptions.MissingLabels?, _ topK: Int) -> MergeRecipe {
    MergeRecipe(how: preset == nil ? rule.name : nil, missing: missing, topK: topK, preset: preset?.rawValue)
  }

  private func name(_ standard: String) -> String {
    guard let metric else { return standard }
    return metric.metric.rawValue + (metric.topK.map { "@\($0)" } ?? "")
  }
}

/// A function of weights that is to be as large as possible.
struct Goal: Sendable {
  enum Kind: Sendable {
    case videos(JoinedPredictions)
    case segments(JoinedSegments)
  }

  /// `gap@20`
  let name: String
  let rule: MergeRule
  /// What a weights file tells of the merge.
  let recipe: MergeRecipe
  let kind: Kind

  /// The name of the rule's parameter in a weights file, and what it is.
  var parameter: (name: String, value: Double)? {
    switch rule {
    case .power(let exponent): ("power", exponent)
    case .place(let w0): ("w0", w0)
    default: nil
    }
  }

  /// The metric at a point: the weights, and the rule's parameter behind them if it varies.
  func value(_ point: [Double], modelCount: Int) throws -> Double {
    let weights = Array(point.prefix(modelCount))
    // Without any weight there is no merge.
    guard weights.contains(where: { $0 > 0 }) else { return 0 }
    let parameter = point.count > modelCount ? point[modelCount] : nil
    switch kind {
    case .videos(let joined): return try joined.evaluate(weights: weights, parameter: parameter)
    case .segments(let joined): return try joined.evaluate(weights: weights, w0: parameter)
    }
  }

  /// The parts that folds are made of: videos or classes of segments, by their numbers in the truth.
  var parts: [Int] {
    switch kind {
    case .videos(let joined): joined.truthNumbers
    case .segments(let joined): joined.labels
    }
  }

  /// What ``parts`` are.
  var partName: String {
    switch kind {
    case .videos: "videos"
    case .segments: "classes"
    }
  }

  /// The same for some of the parts.
  func filtered(_ isIn: (Int) -> Bool) -> Goal {
    let kind: Kind =
      switch kind {
      case .videos(let joined): .videos(joined.filtered(isIn))
      case .segments(let joined): .segments(joined.filtered(isIn))
      }
    return Goal(name: name, rule: rule, recipe: recipe, kind: kind)
  }
}
