import Bytes

/// Ensemble selection with replacement (Caruana, Niculescu-Mizil, Crew, Ksikes 2004): a model's weight is how often it
/// was chosen; each round tries every model once more and keeps the best.
struct GreedySelection {
  let trial: Trial

  init(_ trial: Trial) { self.trial = trial }

  /// Goes on for `rounds` rounds, or until the evaluations are used up.
  func run(rounds: Int = .max) throws {
    let space = trial.space
    let models = space.weights.count
    guard models > 0 else {
      throw KernelError(.usage, "", "greedy selection needs weights to select", hint: "choose another method")
    }
    guard models > 1 else { throw SearchEnding.exhausted }
    var counts = [Double](repeating: 0, count: models)
    for _ in 0..<rounds {
      var best = (model: 0, value: -Double.infinity)
      for model in 0..<models {
        var tried = counts
        tried[model] += 1
        let value = try trial.values(points: [space.point(ratios: tried)])[0]
        if value > best.value { best = (model, value) }
      }
      counts[best.model] += 1
    }
  }
}
