import Bytes
import Glibc

/// Finds the hyper-parameters under which observations are most likely.
///
/// The search is for the maximum of the log marginal likelihood, by L-BFGS from several starts, within bounds that fit
/// points in 0...1 and standardised values. With `prior`, a weak one on the length scales is added (log-normal, median
/// `0.5 · √d`, one standard deviation a factor e^1.2), which keeps many dimensions from being fitted to few points.
package struct HyperparameterFit: Sendable {
  package var scales: LengthScales
  package var prior: Bool
  /// Starts besides the one given.
  package var restarts: Int

  package init(scales: LengthScales, prior: Bool = true, restarts: Int = 2) {
    self.scales = scales
    self.prior = prior
    self.restarts = restarts
  }

  static let varianceBounds = (1e-2...1e3)
  static let scaleBounds = (5e-3...1e2)
  static let noiseBounds = (1e-8...1.0)

  /// What a search begins with that knows nothing yet.
  package static func beginning(dimension: Int) -> Hyperparameters {
    let scale = 0.5 * Double(dimension).squareRoot()
    return Hyperparameters(
      variance: 1, lengthScales: [Double](repeating: scale, count: dimension), noise: 1e-4)
  }

  /// The likeliest hyper-parameters found.
  ///
  /// - Parameters:
  ///   - likelihood: of standardised values at points in 0...1.
  ///   - start: where the first search begins.
  ///   - random: decides the other starts.
  package func fit(
    _ likelihood: MarginalLikelihood, from start: Hyperparameters, random: inout MersenneTwister
  ) -> Hyperparameters {
    let dimension = start.lengthScales.count
    var starts = [vector(start)]
    for restart in 0..<restarts {
      var other = vector(HyperparameterFit.beginning(dimension: dimension))
      if restart > 0 {
        for index in other.indices { other[index] += 3 * (random.uniform() - 0.5) }
      }
      starts.append(other)
    }
    var best = (value: -Double.infinity, vector: starts[0])
    for start in starts {
      let found = climb(likelihood, from: start, dimension)
      if found.value > best.value { best = found }
    }
    return hyperparameters(best.vector, dimension)
  }

  private func climb(
    _ likelihood: MarginalLikelihood, from start: [Double], _ dimension: Int
  ) -> (value: Double, vector: [Double]) {
    let bounds =
      [HyperparameterFit.varianceBounds]
      + [ClosedRange<Double>](repeating: HyperparameterFit.scaleBounds, count: start.count - 2)
      + [HyperparameterFit.noiseBounds]
    let search = LocalSearch(
      algorithm: .lbfgs, lower: bounds.map { log($0.lowerBound) }, upper: bounds.map { log($0.upperBound) },
      evaluationLimit: 60, tolerance: 1e-4)
    var best = (value: -Double.infinity, vector: start)
    // The function throws nothing.
    _ = try? search.maximize(from: start) { vector, gradient in
      guard let (value, slope) = objective(likelihood, vector, dimension) else {
        gradient?.update(repeating: 0)
        return -1e100
      }
      if value > best.value { best = (value, vector) }
      if let gradient { for index in gradient.indices { gradient[index] = slope[index] } }
      return value
    }
    return best
  }

  /// The value and gradient of what is maximized, by the vector of logarithms.
  private func objective(
    _ likelihood: MarginalLikelihood, _ vector: [Double], _ dimension: Int
  ) -> (Double, [Double])? {
    guard let found = likelihood.evaluate(hyperparameters(vector, dimension)) else { return nil }
    var value = found.value
    var gradient = found.gradient
    if case .isotropic = scales {
      gradient = [gradient[0], gradient[1...dimension].reduce(0, +), gradient[dimension + 1]]
    }
    if prior {
      let median = log(0.5 * Double(dimension).squareRoot())
      for index in 1..<(gradient.count - 1) {
        let excess = (vector[index] - median) / 1.2
        value -= 0.5 * excess * excess
        gradient[index] -= excess / 1.2
      }
    }
    return (value, gradient)
  }

  private func vector(_ hyper: Hyperparameters) -> [Double] {
    let logs = hyper.lengthScales.map { log($0) }
    switch scales {
    case .perDimension: return [log(hyper.variance)] + logs + [log(hyper.noise)]
    case .isotropic:
      return [log(hyper.variance), logs.reduce(0, +) / Double(max(1, logs.count)), log(hyper.noise)]
    }
  }

  private func hyperparameters(_ vector: [Double], _ dimension: Int) -> Hyperparameters {
    let scales = vector[1..<(vector.count - 1)].map { exp($0) }
    return Hyperparameters(
      variance: exp(vector[0]),
      lengthScales: scales.count == dimension ? scales : [Double](repeating: scales[0], count: dimension),
      noise: exp(vector[vector.count - 1]))
  }
}
