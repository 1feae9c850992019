import Bytes
import Glibc

/// The evaluations of one search: makes them, counts them, remembers them, and ends the search by throwing a
/// ``SearchEnding``.
///
/// Evaluations known beforehand (of an interrupted run) are taken in order instead of made anew for as long as the
/// search asks for just these points; from the first difference on, the rest are taken over at once. So a search that
/// is resumed with the same settings goes on as if it had never been interrupted, and one that is given a foreign log
/// begins with its knowledge.
///
/// Memory: some 16 bytes a coordinate of each evaluation.
final class Trial {
  let space: SearchSpace
  private let objective: Objective
  private let limit: Int
  private let observer: (SearchProgress) throws -> SearchDecision
  private let start: Double
  private var elapsedBefore = 0.0
  private var known: ArraySlice<Evaluation>
  private(set) var evaluations: [Evaluation] = []
  /// The points of ``evaluations`` in unit coordinates.
  private(set) var units: [[Double]] = []
  private var targets: [[UInt64]: Double] = [:]
  private var bestIndex = 0
  private var repeats = 0

  /// A search method that asks this often for nothing new has no new points to ask for.
  private static let repeatLimit = 2000

  init(
    _ space: SearchSpace, limit: Int, known: [Evaluation], objective: @escaping Objective,
    observer: @escaping (SearchProgress) throws -> SearchDecision
  ) {
    self.space = space
    self.limit = limit
    self.known = known[...]
    self.objective = objective
    self.observer = observer
    start = Trial.now
  }

  /// How many evaluations may still be made.
  var remaining: Int { max(0, limit - evaluations.count) }

  var best: Evaluation? { evaluations.isEmpty ? nil : evaluations[bestIndex] }
  /// The unit coordinates of ``best``.
  var bestUnit: [Double] { units.isEmpty ? [] : units[bestIndex] }

  /// Whether the value at these unit coordinates is known.
  func isKnown(_ unit: [Double]) -> Bool { targets[key(space.point(unit: unit))] != nil }

  /// The objective's value at unit coordinates; what was evaluated before is not evaluated again.
  func value(_ unit: [Double]) throws -> Double { try values([unit])[0] }

  /// The values at several points, evaluated at the same time. Of more points than may still be evaluated, the first
  /// are.
  func values(_ units: [[Double]]) throws -> [Double] { try values(points: units.map { space.point(unit: $0) }) }

  /// The same for points as the objective takes them.
  @discardableResult
  func values(points: [[Double]]) throws -> [Double] {
    var wanted = fresh(points)
    while let next = wanted.first, let taken = known.first {
      if key(next) == key(taken.point) {
        try take(taken)
        known.removeFirst()
      } else {
        while let taken = known.popFirst() { try take(taken) }
      }
      wanted = fresh(wanted)
    }
    if wanted.isEmpty {
      repeats += 1
      if repeats > Trial.repeatLimit { throw SearchEnding.exhausted }
    } else {
      repeats = 0
      try evaluate(wanted)
    }
    return try points.map { point in
      guard let target = targets[key(point)] else { throw SearchEnding.complete }
      return target
    }
  }

  /// Those of `points` not evaluated yet, each once.
  private func fresh(_ points: [[Double]]) -> [[Double]] {
    var seen: Set<[UInt64]> = []
    return points.filter { targets[key($0)] == nil && seen.insert(key($0)).inserted }
  }

  private func evaluate(_ points: [[Double]]) throws {
    let allowed = Array(points.prefix(remaining))
    guard !allowed.isEmpty else { throw SearchEnding.complete }
    let objective = objective
    let targets = try Workers(allowed.count).map(allowed.count) { try objective(allowed[$0]) }
    for (point, target) in zip(allowed, targets) {
      guard target.isFinite else {
        throw KernelError(.badData, "", "the objective is \(target) at \(words(point))")
      }
      add(Evaluation(point: point, target: target, elapsed: elapsedBefore + Trial.now - start))
      guard let latest = evaluations.last, let best else { continue }
      let progress = SearchProgress(latest: latest, best: best, count: evaluations.count, limit: limit)
      if try observer(progress) == .stop { throw SearchEnding.stopped }
    }
  }

  private func take(_ evaluation: Evaluation) throws {
    guard remaining > 0 else { throw SearchEnding.complete }
    guard targets[key(evaluation.point)] == nil else { return }
    add(evaluation)
    elapsedBefore = max(elapsedBefore, evaluation.elapsed)
  }

  private func add(_ evaluation: Evaluation) {
    evaluations.append(evaluation)
    units.append(space.unit(point: evaluation.point))
    targets[key(evaluation.point)] = evaluation.target
    if evaluation.target > evaluations[bestIndex].target { bestIndex = evaluations.count - 1 }
  }

  /// Equal points have equal keys; -0 is 0.
  private func key(_ point: [Double]) -> [UInt64] { point.map { ($0 + 0).bitPattern } }

  private func words(_ point: [Double]) -> String {
    zip(space.names, point).map { "\($0.printable) = \($1)" }.joined(separator: ", ")
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
