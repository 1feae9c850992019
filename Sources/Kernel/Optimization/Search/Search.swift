import Bytes

/// A search for the point of a space at which a function is largest.
///
/// Every method evaluates equal weights and each model alone first, so the result is never worse than these, and makes
/// exactly as many evaluations as allowed unless it is stopped or there are no new points. The same objective, space,
/// options and known evaluations give the same evaluations.
public struct Search: Sendable {
  public let space: SearchSpace
  public let options: SearchOptions

  /// - Throws: ``KernelError`` `.usage` when the iterations do not suffice for the starting points, an initial point is
  ///   not of the space, or an option makes no sense.
  public init(_ space: SearchSpace, _ options: SearchOptions) throws {
    let least = space.baselines.count
    guard options.iterations >= least else {
      let what = "equal weights and each model alone take \(least) evaluations"
      throw KernelError(
        .usage, "", "\(options.iterations) iterations are too few", hint: space.weights.count > 1 ? what : nil)
    }
    guard options.batch >= 1 else { throw KernelError(.usage, "", "a batch of \(options.batch) is no batch") }
    for point in options.initial {
      if let fault = space.fault(of: point) { throw KernelError(.usage, "", "an initial point: \(fault)") }
    }
    if let compat = options.randomState {
      guard space.simplexCount == 0 else {
        throw KernelError(
          .usage, "", "the initial points of bayes_opt lie within bounds, not on the simplex",
          hint: "give bounds for the weights")
      }
      guard compat.points >= 0, compat.points <= options.iterations - least else {
        throw KernelError(
          .usage, "", "\(options.iterations) iterations are too few for \(compat.points) initial points",
          hint: least > 0 ? "equal weights and each model alone take \(least) evaluations besides" : nil)
      }
    }
    self.space = space
    self.options = options
  }

  /// Looks for the largest value of `objective`.
  ///
  /// Memory: for `bayes` 8 bytes × the square of the iterations, up to four times that; else little.
  ///
  /// - Parameters:
  ///   - known: evaluations made before, which count as iterations: of an interrupted run with the same options, which
  ///     then goes on as if it had not been, or any others.
  ///   - observer: called after each new evaluation, in order.
  /// - Throws: ``KernelError`` `.usage` when a known evaluation is not of the space, `.badData` when the objective's
  ///   value is not finite, and what `objective` and `observer` throw.
  public func run(
    _ objective: @escaping Objective, known: [Evaluation] = [],
    observer: (SearchProgress) throws -> SearchDecision = { _ in .proceed }
  ) throws -> SearchResult {
    for (index, evaluation) in known.enumerated() {
      if let fault = space.fault(of: evaluation.point) {
        throw KernelError(.usage, "", "known evaluation \(index + 1): \(fault)")
      }
    }
    return try withoutActuallyEscaping(observer) { observer in
      let trial = Trial(
        space, limit: options.iterations, known: known, objective: objective, observer: observer)
      do {
        try look(trial)
        return try result(trial, .exhausted)
      } catch let ending as SearchEnding {
        return try result(trial, ending)
      }
    }
  }

  private func result(_ trial: Trial, _ ending: SearchEnding) throws -> SearchResult {
    guard let best = trial.best else { throw KernelError(.usage, "", "nothing was evaluated") }
    return SearchResult(best: best, evaluations: trial.evaluations, ending: ending)
  }

  private func look(_ trial: Trial) throws {
    var random = MersenneTwister(seed: options.seed)
    if let compat = options.randomState {
      try trial.values(points: space.randomStatePoints(seed: compat.seed, count: compat.points))
    }
    for point in space.baselines + options.initial { try trial.values(points: [point]) }
    guard !space.isPoint else { return }
    switch options.method {
    case .bayes:
      var search = BayesianSearch(trial, options)
      try search.run(&random)
    case .greedy: try GreedySelection(trial).run()
    case .sbplx: try SbplxSearch(trial).run(&random)
    case .coordinate: try CoordinateSearch(trial).run(&random)
    case .random:
      let sampling = Sampling(space: space)
      while true { _ = try trial.value(sampling.anywhere(&random)) }
    }
  }
}

extension SearchSpace {
  /// The points that `bayes_opt` 1.0.1 begins with: for each point, for each name in the order of its bytes, a number
  /// between the bounds, from numpy's `RandomState(seed).uniform`.
  func randomStatePoints(seed: UInt32, count: Int) -> [[Double]] {
    var random = MersenneTwister(seed: seed)
    let order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    let bounds = boxBounds
    return (0..<count).map { _ in
      var point = [Double](repeating: 0, count: dimension)
      for index in order {
        let width = bounds[index].upperBound - bounds[index].lowerBound
        point[index] = bounds[index].lowerBound + width * random.uniform()
      }
      return point
    }
  }
}
