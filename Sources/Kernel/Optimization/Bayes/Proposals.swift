import Bytes
import Glibc

/// Looks for the most promising point: tries points everywhere and around the best ones known, then improves the most
/// promising of them step by step.
///
/// Points are predicted many at a time. How many there are falls with the number of observations, so that a proposal
/// takes about the same time from some 300 observations on.
struct Proposals {
  let space: SearchSpace
  let acquisition: Acquisition

  /// What a proposal may cost: a candidate costs as much as observations² multiplications for its variance and, for
  /// each observation, a covariance that takes as long as some 300.
  private static let work = 2e8
  private static let rounds = 10
  /// How many of the most promising points are improved.
  private static let finalists = 4

  /// The most promising point that `isKnown` does not know already, in unit coordinates.
  ///
  /// - Parameters:
  ///   - anchors: the best points known, best first.
  ///   - best: the largest value observed.
  func next(
    _ process: GaussianProcess, anchors: [[Double]], best: Double, scale: Double, isKnown: ([Double]) -> Bool,
    _ random: inout MersenneTwister
  ) -> [Double] {
    let observations = Double(max(1, process.count))
    let budget = Int(min(max(Proposals.work / (observations * (observations + 300)), 160), 3000))
    let sampling = Sampling(space: space)

    var candidates: [[Double]] = []
    for index in 0..<(budget / 2) {
      if index % 2 == 0 || anchors.isEmpty {
        candidates.append(sampling.anywhere(&random))
      } else {
        let spread = 0.3 * pow(10, -2.5 * random.uniform())
        candidates.append(sampling.near(anchors[index / 2 % anchors.count], spread: spread, &random))
      }
    }
    var ranked = score(candidates, process, best, scale)
    let perFinalist = max(1, budget / 2 / Proposals.rounds / Proposals.finalists)
    var spread = 0.1
    for _ in 0..<Proposals.rounds {
      let finalists = Array(ranked.prefix(Proposals.finalists))
      var moved: [[Double]] = []
      for finalist in finalists {
        for _ in 0..<perFinalist { moved.append(sampling.near(finalist.unit, spread: spread, &random)) }
      }
      let scored = score(moved, process, best, scale)
      // Each finalist is followed up by the best of its own offspring, so that one cannot crowd out the others.
      ranked =
        finalists.enumerated().map { index, finalist in
          let offspring = scored.indices.filter { scored[$0].index / perFinalist == index }.map { scored[$0] }
          return offspring.first.map { $0.score > finalist.score ? $0 : finalist } ?? finalist
        } + ranked.dropFirst(Proposals.finalists)
      spread *= 0.6
    }
    let order = ranked.sorted { $0.score > $1.score }
    if let new = order.first(where: { !isKnown($0.unit) }) { return new.unit }
    return sampling.anywhere(&random)
  }

  private struct Scored {
    let unit: [Double]
    let score: Double
    let index: Int
  }

  /// The candidates with their scores, the most promising first; of equal ones the earlier.
  private func score(
    _ units: [[Double]], _ process: GaussianProcess, _ best: Double, _ scale: Double
  ) -> [Scored] {
    let predictions = process.predictions(at: units)
    return zip(units, predictions).enumerated().map { index, pair in
      Scored(unit: pair.0, score: acquisition.score(pair.1, best: best, scale: scale), index: index)
    }.sorted { ($1.score, $0.index) < ($0.score, $1.index) }
  }
}
