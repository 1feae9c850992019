import Glibc

extension Acquisition {
  /// How promising a prediction is; larger is better.
  ///
  /// - Parameters:
  ///   - best: the largest value observed.
  ///   - scale: the standard deviation of all values, the unit of `xi`.
  func score(_ prediction: GaussianProcess.Prediction, best: Double, scale: Double) -> Double {
    switch self {
    case .upperConfidenceBound(let kappa): prediction.mean + kappa * prediction.standardDeviation
    case .expectedImprovement(let xi):
      Acquisition.logExpectedImprovement(
        gain: (prediction.mean - best) / scale - xi, deviation: prediction.standardDeviation / scale)
    }
  }

  /// The logarithm of E[max(0, g)], g normal with mean `gain`: `deviation · (φ(z) + z Φ(z))` with z = gain / deviation.
  ///
  /// The logarithm tells points apart whose expected improvement is too small for a double. Below z = -25 it is the
  /// asymptotic series φ(z) / z² · (1 - 3/z² + 15/z⁴ - 105/z⁶), since the difference then has no digits left.
  static func logExpectedImprovement(gain: Double, deviation: Double) -> Double {
    guard deviation > 0 else { return gain > 0 ? log(gain) : -.infinity }
    let z = gain / deviation
    let halfLogTwoPi = 0.918_938_533_204_672_7
    let logDensity = -0.5 * z * z - halfLogTwoPi
    if z < -25 {
      let inverse = 1 / (z * z)
      let series = inverse * (-3 + inverse * (15 - inverse * 105))
      return log(deviation) + logDensity + log(inverse) + log1p(series)
    }
    return log(deviation) + log(exp(logDensity) + z * 0.5 * erfc(-z / 2.0.squareRoot()))
  }
}
