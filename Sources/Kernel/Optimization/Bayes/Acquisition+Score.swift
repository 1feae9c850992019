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
  /// The logarithm tells points apart whose expected improvement is too small for a double. Below z = -6 it is Mills'
  /// asymptotic series, φ(z) / z² · (1 - 3/z² + 15/z⁴).
  static func logExpectedImprovement(gain: Double, deviation: Double) -> Double {
    guard deviation > 0 else { return gain > 0 ? log(gain) : -.infinity }
    let z = gain / deviation
    let halfLogTwoPi = 0.918_938_533_204_672_7
    let logDensity = -0.5 * z * z - halfLogTwoPi
    if z < -6 {
      let square = z * z
      return log(deviation) + logDensity - log(square) + log1p(-3 / square + 15 / (square * square))
    }
    return log(deviation) + log(exp(logDensity) + z * 0.5 * erfc(-z / 2.0.squareRoot()))
  }
}
