import Glibc

/// A partition of points into a number of runs, and how good it is.
struct Partition {
  /// Where runs begin and end, from 0 to the number of points.
  let bounds: [Int]
  let cost: Double
  /// No partition into as many runs costs less.
  let lowerBound: Double
  /// The penalty for a run at which such a partition is the cheapest.
  let penalty: Double
}

extension WeightedPoints {
  /// The cheapest partition into `count` runs.
  ///
  /// The least cost is convex in the number of runs, so that there is a penalty for a run at which the cheapest partition
  /// of all has `count`; it is found in a few steps since the number falls about with its cube root. Where the number
  /// jumps past `count`, a partition with fewer and one with more runs, both cheapest, are joined where a run of the one
  /// holds a run of the other (Aggarwal, Schieber and Tokuyama, 1994).
  ///
  /// - Parameters:
  ///   - count: above zero.
  ///   - guess: the penalty to begin with, above zero.
  mutating func optimalPartition(into count: Int, guess: Double) -> Partition {
    guard self.count > count else {
      return Partition(bounds: Array(0...self.count), cost: 0, lowerBound: 0, penalty: 0)
    }
    var search = PenaltySearch(count: count, guess: guess)
    while let penalty = search.next {
      search.add(cheapestPath(penalty: penalty))
    }
    let bounds = search.found?.bounds ?? search.joined
    let cost = zip(bounds, bounds.dropFirst()).reduce(0) { $0 + self.cost($1.0, $1.1) }
    return Partition(
      bounds: bounds, cost: cost, lowerBound: min(cost, search.lowerBound), penalty: search.bestPenalty)
  }

  /// A number that no partition into `count` runs undercuts, the best of a few tries.
  mutating func lowerBound(_ count: Int, guess: Double) -> Double {
    guard self.count > count else { return 0 }
    var search = PenaltySearch(count: count, guess: guess)
    for _ in 0..<5 {
      guard let penalty = search.next else { break }
      search.add(cheapestPath(penalty: penalty))
    }
    return search.lowerBound
  }
}

/// Looks for the penalty at which the cheapest partition has a certain number of runs.
private struct PenaltySearch {
  let count: Int
  /// The penalty to try; `nil` when the search is over.
  private(set) var next: Double?
  private(set) var found: PenalizedPath?
  private(set) var lowerBound = 0.0
  private(set) var bestPenalty: Double
  /// The partitions nearest to the goal on either side.
  private var many: PenalizedPath?
  private var few: PenalizedPath?
  private var stepCount = 0

  init(count: Int, guess: Double) {
    self.count = count
    let guess = guess.isFinite && guess > 0 ? guess : 1
    next = guess
    bestPenalty = guess
  }

  mutating func add(_ path: PenalizedPath) {
    stepCount += 1
    if path.lowerBound(count) > lowerBound {
      lowerBound = path.lowerBound(count)
      bestPenalty = path.penalty
    }
    next = nil
    if path.runCount == count {
      found = path
      return
    }
    if path.runCount > count { many = path } else { few = path }
    let ratio = Double(path.runCount) / Double(count)
    let step = path.penalty * ratio * ratio * ratio
    switch (many, few) {
    case (let many?, let few?):
      // The number of runs may jump: then no penalty between has any other.
      guard few.penalty > many.penalty * (1 + 1e-13) else { return }
      let middle = many.penalty > 0 ? (many.penalty * few.penalty).squareRoot() : few.penalty / 1024
      guard few.penalty > 1e-300 else { return }
      let isInside = step > many.penalty && step < few.penalty
      next = isInside && stepCount < 12 && many.penalty > 0 ? step : middle
    case (.some, nil): next = max(step, path.penalty * 2, .leastNormalMagnitude)
    // Below any cost that matters the penalty is nothing: then each point may have its own run.
    case (nil, .some): next = path.penalty == 0 ? nil : path.penalty < 1e-290 ? 0 : min(step, path.penalty / 2)
    case (nil, nil): break
    }
  }

  /// The partition with fewer runs and the one with more, joined.
  var joined: [Int] {
    guard let few, let many else { return few?.bounds ?? many?.bounds ?? [] }
    let extra = count - few.runCount
    for run in 0..<few.runCount where many.bounds[run + extra + 1] <= few.bounds[run + 1] {
      return Array(many.bounds[...(run + extra)] + few.bounds[(run + 1)...])
    }
    return few.bounds
  }
}
