/// How to look for the best point.
public enum SearchMethod: String, Sendable, CaseIterable {
  /// Bayesian optimization: a Gaussian process says where the most is to be expected; begins with greedy selection and
  /// ends with Sbplx.
  case bayes
  /// Greedy selection with replacement (Caruana et al. 2004): again and again adds the model that helps most.
  case greedy
  /// NLopt's Sbplx, from the best of the starting points.
  case sbplx
  /// One coordinate after the other, with steps that shrink.
  case coordinate
  /// Random points.
  case random
}

/// What makes a point promising.
public enum Acquisition: Sendable, Equatable {
  /// The improvement on the best value to be expected (Močkus 1975), of which `xi` standard deviations of all values
  /// do not count.
  case expectedImprovement(xi: Double = 0)
  /// Mean plus `kappa` standard deviations (the 2019 notebook's is 2.576).
  case upperConfidenceBound(kappa: Double = 2.576)
}

/// How a search goes about.
public struct SearchOptions: Sendable {
  public var method: SearchMethod
  /// How many evaluations to make in all, those known beforehand included.
  public var iterations: Int
  /// Decides everything random.
  public var seed: UInt32
  public var acquisition: Acquisition = .expectedImprovement()
  /// How many points to evaluate at the same time (`bayes` only): the process is told that the points before in the
  /// batch turned out as good as the best one (the constant liar of Ginsbourger et al. 2010).
  public var batch = 1
  /// Points to begin with, besides equal weights and each model alone.
  public var initial: [[Double]] = []
  /// The first points as `bayes_opt` draws them from `numpy.random.RandomState(seed)`, and how many; for spaces
  /// without a simplex.
  public var randomState: (seed: UInt32, points: Int)?

  /// The options that most searches leave as they are have defaults.
  public init(_ method: SearchMethod = .bayes, iterations: Int, seed: UInt32 = 0) {
    self.method = method
    self.iterations = iterations
    self.seed = seed
  }
}
