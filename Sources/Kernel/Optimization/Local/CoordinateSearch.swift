import Bytes

/// Changes one coordinate after the other, keeping what helps; steps that helped grow, others are halved.
struct CoordinateSearch {
  let trial: Trial

  init(_ trial: Trial) { self.trial = trial }

  private static let firstStep = 0.25
  /// Steps below this are not worth an evaluation.
  private static let lastStep = 1e-5

  /// Goes on until the evaluations are used up; each time that the steps have become too short, from a new random
  /// point.
  func run(_ random: inout MersenneTwister) throws {
    var start = trial.bestUnit
    while true {
      try descend(from: start)
      start = Sampling(space: trial.space).anywhere(&random)
    }
  }

  private func descend(from start: [Double]) throws {
    var coordinates = LocalCoordinates(trial.space, around: start)
    guard coordinates.count > 0 else { throw SearchEnding.exhausted }
    var unit = start
    var value = try trial.value(unit)
    var steps = [Double](repeating: CoordinateSearch.firstStep, count: coordinates.count)
    while steps.contains(where: { abs($0) > CoordinateSearch.lastStep }) {
      for index in steps.indices {
        var isBetter = false
        for direction in [1.0, -1.0] where !isBetter {
          var local = coordinates.local(unit)
          let moved = local[index] + direction * steps[index]
          local[index] = min(max(moved, coordinates.lower[index]), coordinates.upper[index])
          let candidate = coordinates.unit(local)
          let found = try trial.value(candidate)
          guard found > value else { continue }
          (unit, value, isBetter) = (candidate, found, true)
          // The direction that helped is tried first the next time.
          steps[index] *= 1.5 * direction
        }
        if !isBetter { steps[index] /= 2 }
      }
      // Ratios are best measured against the largest weight, which may be another one now.
      coordinates = LocalCoordinates(trial.space, around: unit)
    }
  }
}
