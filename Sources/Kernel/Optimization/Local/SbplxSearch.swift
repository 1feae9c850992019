import Bytes

/// NLopt's Sbplx, started again each time that it has converged: from the best point with shorter steps, then from
/// points further and further away from it.
struct SbplxSearch {
  let trial: Trial

  init(_ trial: Trial) { self.trial = trial }

  /// Goes on until the evaluations are used up.
  ///
  /// - Parameter step: the length of the first steps, in ratios of weights and parts of bounds' widths.
  func run(step first: Double = 0.25, _ random: inout MersenneTwister) throws {
    let sampling = Sampling(space: trial.space)
    var (step, round) = (first, 0)
    while true {
      let best = trial.best?.target
      var start = trial.bestUnit
      if round > 0, round % 2 == 0 { start = sampling.near(start, spread: 0.05 * Double(round), &random) }
      try climb(from: start, step: step)
      // Nothing new near here: look elsewhere.
      if trial.best?.target == best { round += 1 }
      step = round % 2 == 0 ? first : first / 4
      if round > 20 { _ = try trial.value(sampling.anywhere(&random)) }
    }
  }

  /// One search from `unit`.
  func climb(from unit: [Double], step: Double) throws {
    let coordinates = LocalCoordinates(trial.space, around: unit)
    guard coordinates.count > 0 else { throw SearchEnding.exhausted }
    let search = LocalSearch(
      algorithm: .sbplx, lower: coordinates.lower, upper: coordinates.upper,
      steps: [Double](repeating: step, count: coordinates.count), evaluationLimit: 100_000, tolerance: 1e-6)
    _ = try search.maximize(from: coordinates.local(unit)) { point, _ in
      try trial.value(coordinates.unit(point))
    }
  }
}
