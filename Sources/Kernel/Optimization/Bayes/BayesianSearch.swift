import Bytes

/// Bayesian optimization: fits a Gaussian process to all evaluations, evaluates where it promises most, and so on; the
/// last part of the evaluations goes to Sbplx, which needs no model to follow the last digits.
struct BayesianSearch {
  let trial: Trial
  let options: SearchOptions
  private var process: GaussianProcess
  private var fitted = 0

  init(_ trial: Trial, _ options: SearchOptions) {
    self.trial = trial
    self.options = options
    let dimension = trial.space.dimension
    process = GaussianProcess(
      dimension: dimension, hyperparameters: HyperparameterFit.beginning(dimension: dimension))
  }

  /// Points drawn anywhere before the process has a say. With weights there are equal weights and each model alone
  /// already.
  private var designCount: Int {
    let space = trial.space
    let needed = space.weights.count > 1 ? space.tunables.count + 2 : space.dimension + 2
    return min(needed, options.iterations / 5)
  }
  /// Evaluations for greedy selection and for Sbplx.
  private var greedyCount: Int { trial.space.weights.count > 1 ? options.iterations / 5 : 0 }
  private var polishCount: Int { options.iterations / 10 }
  /// Each of so many points is where the process expects the largest value, no matter how uncertain: what makes a point
  /// promising otherwise is slow to follow a slope to its top.
  private static let exploitation = 4

  mutating func run(_ random: inout MersenneTwister) throws {
    try design(&random)
    var round = 0
    while trial.remaining > polishCount {
      learn(&random)
      round += 1
      let exploits = round % BayesianSearch.exploitation == 0
      let acquisition = exploits ? .upperConfidenceBound(kappa: 0) : options.acquisition
      let batch = propose(min(options.batch, trial.remaining - polishCount), acquisition, &random)
      _ = try trial.values(batch)
    }
    try SbplxSearch(trial).run(step: 0.02, &random)
  }

  private func design(_ random: inout MersenneTwister) throws {
    let models = trial.space.weights.count
    if greedyCount > 0 { try GreedySelection(trial).run(rounds: 1 + greedyCount / models) }
    let sampling = Sampling(space: trial.space)
    for _ in 0..<designCount { _ = try trial.value(sampling.anywhere(&random)) }
  }

  /// Tells the process what was evaluated since, and now and then fits its hyper-parameters anew: at first often, then
  /// each time that there are an eighth more observations.
  private mutating func learn(_ random: inout MersenneTwister) {
    for index in process.count..<trial.evaluations.count {
      process.append(trial.units[index], trial.evaluations[index].target)
    }
    guard process.count >= fitted + max(1, fitted / 8) else { return }
    fitted = process.count
    process.fit(restarts: fitted < 60 ? 2 : fitted < 150 ? 1 : 0, &random)
  }

  /// The next points to evaluate, each chosen as if those before had turned out as good as the best one.
  private mutating func propose(
    _ count: Int, _ acquisition: Acquisition, _ random: inout MersenneTwister
  ) -> [[Double]] {
    let proposals = Proposals(space: trial.space, acquisition: acquisition)
    let observed = process.count
    let best = trial.best?.target ?? 0
    let order = trial.evaluations.indices.sorted {
      (trial.evaluations[$1].target, $0) < (trial.evaluations[$0].target, $1)
    }
    let anchors = order.prefix(5).map { trial.units[$0] }
    var batch: [[Double]] = []
    while batch.count < count {
      let next = proposals.next(
        process, anchors: anchors, best: best, scale: process.scale,
        isKnown: { trial.isKnown($0) || batch.contains($0) }, &random)
      batch.append(next)
      if batch.count < count { process.append(next, best) }
    }
    process.truncate(to: observed)
    return batch
  }
}
