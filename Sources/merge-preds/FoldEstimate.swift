import Bytes
import Optimization
import Terminal

/// What found weights are worth on videos (or classes of segments) on which they were not searched: the mean over folds,
/// each of which is measured with the weights found on all the others.
struct FoldEstimate {
  let foldCount: Int
  let found: Double
  /// With equal weights, over the same folds.
  let equal: Double

  /// - Returns: `nil` when interrupted.
  init?(_ count: Int, _ goal: Goal, _ search: Search, _ display: OptimizationDisplay) throws {
    guard goal.partCount >= count else {
      throw KernelError(.usage, "", "\(count) folds of \(goal.partCount)")
    }
    let modelCount = search.space.weights.count
    let equalPoint = Array(repeating: 1.0, count: modelCount) + search.space.tunables.map(\.initial)
    var (found, equal) = (0.0, 0.0)
    for fold in 0..<count {
      let isOut = { (part: Int) in FoldEstimate.fold(of: part, count, seed: search.options.seed) == fold }
      let inside = goal.filtered { !isOut($0) }
      let outside = goal.filtered(isOut)
      let result = try search.run({ try inside.value($0, modelCount: modelCount) }) { progress in
        display.show(progress, part: "fold \(fold + 1) of \(count), ")
        return Interruption.isRequested ? .stop : .proceed
      }
      display.finish()
      if result.ending == .stopped { return nil }
      found += try outside.value(result.best.point, modelCount: modelCount) / Double(count)
      equal += try outside.value(equalPoint, modelCount: modelCount) / Double(count)
    }
    foldCount = count
    self.found = found
    self.equal = equal
  }

  /// Which fold a video is in: as good as drawn, and the same in each run.
  private static func fold(of part: Int, _ count: Int, seed: UInt32) -> Int {
    var random = MersenneTwister(seed: seed &* 2_654_435_761 &+ UInt32(truncatingIfNeeded: part))
    return Int(random.uniform() * Double(count))
  }
}
