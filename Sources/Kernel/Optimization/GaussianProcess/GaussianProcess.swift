import Bytes

/// A Gaussian process with a Matérn 5/2 covariance, conditioned on observations of a function.
///
/// Points have their coordinates in about 0...1; values may have any scale: inside they are standardised to mean 0 and
/// standard deviation 1, which is what the hyper-parameters refer to.
///
/// Memory: 8 bytes × observations² for the Cholesky factor, up to four times that while it grows.
package struct GaussianProcess {
  package private(set) var hyperparameters: Hyperparameters
  private(set) var points: PointTable
  private(set) var values: [Double] = []
  private var factor = CholeskyFactor()
  /// K⁻¹ times the standardised values.
  private var coefficients: [Double] = []
  private var mean = 0.0
  private var deviation = 1.0
  /// What is added to the noise because the covariance would else be singular in double precision.
  private var jitter = 0.0

  /// The process before any observation.
  package init(dimension: Int, hyperparameters: Hyperparameters) {
    precondition(hyperparameters.lengthScales.count == dimension, "a length scale for each dimension")
    self.hyperparameters = hyperparameters
    points = PointTable(dimension: dimension)
  }

  /// How many observations there are.
  package var count: Int { values.count }

  /// Adds an observation in time proportional to the square of ``count``.
  package mutating func append(_ point: [Double], _ value: Double) {
    let column = covariances(with: point)
    points.append(point)
    values.append(value)
    standardise()
    let diagonal = hyperparameters.variance + hyperparameters.noise + jitter
    if !factor.append(column, diagonal: diagonal) { refactor() }
    coefficients = factor.solve(standardised)
  }

  /// Takes back the observations from the `count`-th on.
  package mutating func truncate(to count: Int) {
    guard count < self.count else { return }
    values.removeSubrange(count...)
    points.truncate(to: count)
    factor.truncate(to: count)
    standardise()
    coefficients = factor.solve(standardised)
  }

  /// Replaces the hyper-parameters, in time proportional to the cube of ``count``.
  package mutating func adopt(_ hyperparameters: Hyperparameters) {
    self.hyperparameters = hyperparameters
    jitter = 0
    refactor()
    coefficients = factor.solve(standardised)
  }

  /// The standard deviation of the values, or 1 if they do not vary.
  package var scale: Double { deviation }

  /// The values, standardised.
  private var standardised: [Double] { values.map { ($0 - mean) / deviation } }

  private mutating func standardise() {
    guard !values.isEmpty else { return (mean, deviation) = (0, 1) }
    mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count)).squareRoot()
    if !(deviation > 0) { deviation = 1 }
  }

  private func covariances(with point: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { column, filled in
      if let base = column.baseAddress { covariances(with: point, rows: count, into: base) }
      filled = count
    }
  }

  private func covariances(with point: [Double], rows: Int, into column: UnsafeMutablePointer<Double>) {
    points.squaredDistances(to: point, scales: hyperparameters.lengthScales, rows: rows, into: column)
    for row in 0..<rows { column[row] = hyperparameters.variance * Hyperparameters.matern52(column[row]) }
  }

  /// Factors the covariance of all observations, with more jitter each time that it turns out singular.
  private mutating func refactor() {
    while true {
      let diagonal = hyperparameters.variance + hyperparameters.noise + jitter
      let factored = CholeskyFactor(count: count) { column, target in
        covariances(with: points[column], rows: column, into: target)
        target[column] = diagonal
      }
      if let factored {
        factor = factored
        return
      }
      jitter = max(10 * jitter, 1e-10 * hyperparameters.variance)
    }
  }
}

extension GaussianProcess {
  /// Fits the hyper-parameters to the observations, or to some of them evenly spread if they are many: a few hundred
  /// tell as much about length scales as all.
  ///
  /// - Parameter restarts: starts of the search besides the present hyper-parameters.
  mutating func fit(restarts: Int, _ random: inout MersenneTwister) {
    let step = max(1, (count + GaussianProcess.fitLimit - 1) / GaussianProcess.fitLimit)
    let some = stride(from: 0, to: count, by: step)
    let values = standardised
    let likelihood = MarginalLikelihood(points: some.map { points[$0] }, values: some.map { values[$0] })
    // Few observations do not tell the dimensions apart.
    let scales: LengthScales = count < 4 * points.dimension ? .isotropic : .perDimension
    let fit = HyperparameterFit(scales: scales, restarts: restarts)
    adopt(fit.fit(likelihood, from: hyperparameters, random: &random))
  }

  private static let fitLimit = 256
}

extension GaussianProcess {
  /// What is known about the function's value at a point: a normal distribution, without the noise of observing it.
  package struct Prediction: Equatable, Sendable {
    package var mean: Double
    package var standardDeviation: Double
  }

  /// The predictions at `candidates`, in time proportional to their number and the square of ``count``.
  ///
  /// Memory: 8 bytes × ``count`` × candidates.
  package func predictions(at candidates: [[Double]]) -> [Prediction] {
    let (rows, width) = (count, candidates.count)
    guard rows > 0 else {
      let unknown = Prediction(mean: mean, standardDeviation: deviation * hyperparameters.variance.squareRoot())
      return candidates.map { _ in unknown }
    }
    var covariances = [Double](repeating: 0, count: rows * width)
    var predictions: [Prediction] = []
    predictions.reserveCapacity(width)
    covariances.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (index, candidate) in candidates.enumerated() {
        let column = base + index * rows
        self.covariances(with: candidate, rows: rows, into: column)
        var sum = 0.0
        for row in 0..<rows { sum += column[row] * coefficients[row] }
        predictions.append(Prediction(mean: mean + deviation * sum, standardDeviation: 0))
      }
      factor.solveTransposed(base, width: width)
    }
    for index in 0..<width {
      var explained = 0.0
      for row in (index * rows)..<((index + 1) * rows) { explained += covariances[row] * covariances[row] }
      let left = max(0, hyperparameters.variance - explained)
      predictions[index].standardDeviation = deviation * left.squareRoot()
    }
    return predictions
  }
}
