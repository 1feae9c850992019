import Glibc

/// What a Gaussian process has to know about a function beforehand: how far it varies, how fast, and how noisily.
///
/// The covariance of the values at x and y is `variance · matern52(r)` plus, for one and the same observation,
/// `noise`, where r² is the sum over the dimensions of `((x - y) / lengthScale)²` (Rasmussen and Williams 2006,
/// section 4.2, equation 4.17).
package struct Hyperparameters: Equatable, Sendable {
  /// The variance of the function's values.
  package var variance: Double
  /// For each dimension the distance over which the function changes noticeably.
  package var lengthScales: [Double]
  /// The variance of the observations' noise.
  package var noise: Double

  /// The hyper-parameters given one by one; all are positive.
  package init(variance: Double, lengthScales: [Double], noise: Double) {
    self.variance = variance
    self.lengthScales = lengthScales
    self.noise = noise
  }

  /// The Matérn covariance with smoothness 5/2 at the squared scaled distance `r2`, 1 at 0.
  @inline(__always)
  static func matern52(_ r2: Double) -> Double {
    let s = (5 * r2).squareRoot()
    return (1 + s + s * s / 3) * exp(-s)
  }

  /// Minus twice the derivative of ``matern52(_:)`` by `r2`, that is 5/3 · (1 + √5 r) · exp(-√5 r).
  @inline(__always)
  static func matern52Slope(_ r2: Double) -> Double {
    let s = (5 * r2).squareRoot()
    return (5.0 / 3) * (1 + s) * exp(-s)
  }
}

/// How the length scales of the dimensions hang together.
package enum LengthScales: Sendable {
  /// One for all dimensions.
  case isotropic
  /// One for each dimension, so that dimensions which do not matter are found out (automatic relevance determination).
  case perDimension
}
