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

  /// Points drawn anywhere before the process has a say: enough to see each dimension vary.
  private var designCount: Int { min(trial.space.dimension + 2, options.iterations / 5) }
  /// Evaluations for greedy selection and for Sbplx.
  private var greedyCount: Int { trial.space.weights.count > 1 ? options.iterations / 5 : 0 }
  private var polishCount: Int { options.iterations / 4 }

  mutating func run(_ random: inout MersenneTwister) throws {
    try design(&random)
    let proposals = Proposals(space: trial.space, acquisition: options.acquisition)
    while trial.remaining > polishCount {
      learn(&random)
      let batch = propose(min(options.batch, trial.remaining - polishCount), proposals, &random)
      _ = try trial.values(batch)
    }
    try SbplxSearch(trial).run(step: 0.05, &random)
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
    _ count: Int, _ proposals: Proposals, _ random: inout MersenneTwister
  ) -> [[Double]] {
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
