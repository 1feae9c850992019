import Glibc

/// How likely observations are under a Gaussian process, as a function of its hyper-parameters.
package struct MarginalLikelihood {
  private let points: PointTable
  private let values: [Double]

  /// The likelihood of `values`, taken as they are (not standardised), at `points`.
  package init(points: [[Double]], values: [Double]) {
    precondition(points.count == values.count, "a value for each point")
    var table = PointTable(dimension: points.first?.count ?? 0)
    for point in points { table.append(point) }
    self.points = table
    self.values = values
  }

  /// The logarithm of the likelihood and its derivatives.
  package struct Evaluation {
    package let value: Double
    /// By the logarithms of the variance, of each length scale, and of the noise.
    package let gradient: [Double]
  }

  /// Rasmussen and Williams 2006, equations 2.30 and 5.9: with α = K⁻¹y,
  /// log p = -½ yᵀα - ½ log |K| - n/2 log 2π and ∂ log p / ∂θ = ½ tr((ααᵀ - K⁻¹) ∂K/∂θ).
  ///
  /// Time proportional to the cube of the number of observations; memory: 16 bytes × its square.
  ///
  /// - Returns: `nil` when the covariance is singular in double precision.
  package func evaluate(_ hyper: Hyperparameters) -> Evaluation? {
    let count = values.count
    let scales = hyper.lengthScales
    let factored = CholeskyFactor(count: count) { column, target in
      points.squaredDistances(to: points[column], scales: scales, rows: column, into: target)
      for row in 0..<column { target[row] = hyper.variance * Hyperparameters.matern52(target[row]) }
      target[column] = hyper.variance + hyper.noise
    }
    guard let factored else { return nil }
    let alpha = factored.solve(values)
    var fit = 0.0
    for row in 0..<count { fit += values[row] * alpha[row] }
    let value = -0.5 * fit - 0.5 * factored.logDeterminant - 0.5 * Double(count) * log(2 * .pi)
    guard value.isFinite else { return nil }

    var (byVariance, byNoise) = (0.0, 0.0)
    var byScale = [Double](repeating: 0, count: scales.count)
    let (inverse, stride) = factored.inverse()
    var weights = [Double](repeating: 0, count: count)
    for column in 0..<count {
      let point = points[column]
      let factor = alpha[column]
      let diagonal = factor * factor - inverse[column * stride + column]
      byVariance += 0.5 * hyper.variance * diagonal
      byNoise += 0.5 * hyper.noise * diagonal
      weights.withUnsafeMutableBufferPointer { weights in
        guard let base = weights.baseAddress else { return }
        points.squaredDistances(to: point, scales: scales, rows: column, into: base)
        for row in 0..<column {
          // Each pair stands for two equal elements of K, which takes up the ½.
          let weight = hyper.variance * (factor * alpha[row] - inverse[column * stride + row])
          let s = (5 * base[row]).squareRoot()
          let decay = exp(-s)
          byVariance += weight * (1 + s + s * s / 3) * decay
          base[row] = weight * (5.0 / 3) * (1 + s) * decay
        }
        for index in scales.indices {
          byScale[index] += points.weightedSquares(
            index, to: point, scale: scales[index], rows: column, weights: base)
        }
      }
    }
    return Evaluation(value: value, gradient: [byVariance] + byScale + [byNoise])
  }
}
