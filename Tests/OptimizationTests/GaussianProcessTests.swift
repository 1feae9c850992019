import Bytes
import Testing

@testable import Optimization

/// Against scikit-learn's `GaussianProcessRegressor`.
@Suite struct GaussianProcessTests {
  private let oracle: ScikitLearn

  init() throws { oracle = try ScikitLearn.load() }

  @Test func likelihoodAndItsGradientAreScikitLearns() throws {
    let likelihood = MarginalLikelihood(points: oracle.points, values: oracle.standardised)
    for expected in oracle.cases {
      let found = try #require(likelihood.evaluate(expected.hyperparameters))
      #expect(isClose([found.value], [expected.likelihood], 1e-10))
      // With equal length scales scikit-learn still has one derivative for each.
      #expect(isClose(found.gradient, expected.gradient, 1e-9))
    }
  }

  @Test func predictionsAreScikitLearns() {
    for expected in oracle.cases {
      var process = GaussianProcess(dimension: 3, hyperparameters: expected.hyperparameters)
      for (point, value) in zip(oracle.points, oracle.values) { process.append(point, value) }
      let found = process.predictions(at: oracle.queries)
      #expect(isClose(found.map(\.mean), expected.mean, 1e-10))
      #expect(isClose(found.map(\.standardDeviation), expected.deviation, 1e-8))
    }
  }

  @Test func theFitIsAsLikelyAsScikitLearns() throws {
    let likelihood = MarginalLikelihood(points: oracle.points, values: oracle.standardised)
    var random = MersenneTwister(seed: 1)
    let fit = HyperparameterFit(scales: .perDimension, prior: false, restarts: 2)
      .fit(likelihood, from: HyperparameterFit.beginning(dimension: 3), random: &random)
    let found = try #require(likelihood.evaluate(fit)?.value)
    #expect(found > oracle.fit.likelihood - 1e-3)
    #expect(abs(fit.lengthScales[0] - oracle.fit.lengthScales[0]) < 0.01)
    #expect(abs(fit.lengthScales[1] - oracle.fit.lengthScales[1]) < 0.05)
  }

  @Test func theIsotropicFitHasOneLengthScale() throws {
    let likelihood = MarginalLikelihood(points: oracle.points, values: oracle.standardised)
    var random = MersenneTwister(seed: 1)
    let start = HyperparameterFit.beginning(dimension: 3)
    let fit = HyperparameterFit(scales: .isotropic, prior: false).fit(likelihood, from: start, random: &random)
    #expect(Set(fit.lengthScales).count == 1)
    let gradient = try #require(likelihood.evaluate(fit)?.gradient)
    #expect(abs(gradient[1...3].reduce(0, +)) < 0.01, "the slope at the maximum is 0")
  }

  @Test func appendingOneByOneIsFactoringAnew() {
    let hyper = oracle.cases[0].hyperparameters
    var grown = GaussianProcess(dimension: 3, hyperparameters: hyper)
    // Beyond the capacity that the factor begins with.
    for row in 0..<50 {
      let point = oracle.points[row % 24].map { $0 + Double(row / 24) * 0.01 }
      grown.append(point, oracle.values[row % 24])
    }
    var whole = grown
    whole.adopt(hyper)
    let (a, b) = (grown.predictions(at: oracle.queries), whole.predictions(at: oracle.queries))
    #expect(isClose(a.map(\.mean), b.map(\.mean), 1e-10))
    #expect(isClose(a.map(\.standardDeviation), b.map(\.standardDeviation), 1e-10))
  }

  @Test func takenBackObservationsLeaveNoTrace() {
    var process = GaussianProcess(dimension: 3, hyperparameters: oracle.cases[0].hyperparameters)
    for row in 0..<20 { process.append(oracle.points[row], oracle.values[row]) }
    let before = process.predictions(at: oracle.queries)
    for row in 20..<24 { process.append(oracle.points[row], 10) }
    #expect(process.predictions(at: oracle.queries) != before)
    process.truncate(to: 20)
    #expect(process.predictions(at: oracle.queries) == before)
  }

  /// A point observed twice makes the covariance singular when there is no noise.
  @Test func equalPointsWithoutNoiseAreNoProblem() {
    let hyper = Hyperparameters(variance: 1, lengthScales: [1, 1, 1], noise: 0)
    var process = GaussianProcess(dimension: 3, hyperparameters: hyper)
    for row in [0, 1, 2, 0, 1, 2] { process.append(oracle.points[row], oracle.values[row]) }
    let found = process.predictions(at: [oracle.points[0]])[0]
    #expect(abs(found.mean - oracle.values[0]) < 1e-4)
    #expect(found.standardDeviation < 1e-3)
  }

  @Test func withoutObservationsNothingIsKnown() {
    let process = GaussianProcess(dimension: 3, hyperparameters: oracle.cases[0].hyperparameters)
    let found = process.predictions(at: [[0, 0, 0]])
    #expect(found == [GaussianProcess.Prediction(mean: 0, standardDeviation: 1.7.squareRoot())])
  }

  /// Against mpmath.
  @Test func expectedImprovementIsRightFarOutToo() {
    let expected = oracle.improvement
    let found = zip(expected.gain, expected.deviation).map {
      Acquisition.logExpectedImprovement(gain: $0, deviation: $1)
    }
    #expect(isClose(found, expected.logarithm, 1e-9))
    #expect(Acquisition.logExpectedImprovement(gain: -1, deviation: 0) == -.infinity)
  }

  @Test func upperConfidenceBoundIsMeanPlusDeviations() {
    let prediction = GaussianProcess.Prediction(mean: 2, standardDeviation: 0.5)
    #expect(Acquisition.upperConfidenceBound(kappa: 3).score(prediction, best: 9, scale: 7) == 3.5)
  }
}
