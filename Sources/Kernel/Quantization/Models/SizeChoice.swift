/// Picks one of several ways to store each tensor, so that all fit a size and the squared errors are least.
package struct SizeChoice {
  /// What one way takes, and the squared errors it leaves.
  package struct Option: Sendable {
    package let bytes: Int
    package let error: Double

    package init(bytes: Int, error: Double) {
      self.bytes = bytes
      self.error = error
    }
  }

  /// From one option of a tensor to a larger one with less error.
  private struct Step {
    let tensor: Int
    let from: Int
    let to: Int
    let bytes: Int
    let error: Double
    var gain: Double { error / Double(bytes) }
  }

  private let options: [[Option]]
  /// The smallest option of each tensor.
  private let smallest: [Int]
  /// The steps along each tensor's lower convex hull of bytes and errors, those that save most error a byte first.
  private let steps: [Step]
  /// Bytes and errors of the smallest options of all tensors from one on.
  private let rest: [Option]
  private var picks: [Int] = []
  private var best: (picks: [Int], error: Double)?
  /// Choices to look at before the best so far must do: some hundred milliseconds.
  private var patience = 200_000

  /// The position of the option to take for each tensor; `nil` when not even the smallest fit.
  ///
  /// The least error is found by branch and bound: of what is left to decide, no choice is better than going along the
  /// hulls and taking a part of the step that no longer fits. With very many tensors the best of a great many choices
  /// must do.
  package static func choose(_ options: [[Option]], byteCount limit: Int) -> [Int]? {
    var search = SizeChoice(options)
    guard (search.rest.first?.bytes ?? 0) <= limit else { return nil }
    search.best = search.greedy(limit)
    search.decide(limit, error: 0)
    return search.best?.picks
  }

  private init(_ options: [[Option]]) {
    self.options = options
    smallest = options.map { options in
      options.indices.min { (options[$0].bytes, options[$0].error) < (options[$1].bytes, options[$1].error) } ?? 0
    }
    let smallest = smallest
    rest = options.indices.reversed().reduce(into: [Option(bytes: 0, error: 0)]) { sums, tensor in
      let least = options[tensor][smallest[tensor]]
      let next = sums[sums.count - 1]
      sums.append(Option(bytes: next.bytes + least.bytes, error: next.error + least.error))
    }.reversed()
    steps = options.indices.flatMap { tensor in
      let hull = SizeChoice.hull(options[tensor], from: smallest[tensor])
      return zip(hull, hull.dropFirst()).map { from, to in
        let (a, b) = (options[tensor][from], options[tensor][to])
        return Step(tensor: tensor, from: from, to: to, bytes: b.bytes - a.bytes, error: a.error - b.error)
      }
    }.sorted { ($1.gain, $0.tensor, $0.from) < ($0.gain, $1.tensor, $1.from) }
  }

  /// Options from `start` on with ever more bytes, each saving less error a byte than the one before.
  private static func hull(_ options: [Option], from start: Int) -> [Int] {
    var hull = [start]
    while let last = hull.last {
      func slope(_ option: Int) -> Double {
        (options[last].error - options[option].error) / Double(options[option].bytes - options[last].bytes)
      }
      let better = options.indices.filter {
        options[$0].bytes > options[last].bytes && options[$0].error < options[last].error
      }
      guard let next = better.max(by: { (slope($0), options[$1].bytes) < (slope($1), options[$0].bytes) }) else {
        break
      }
      hull.append(next)
    }
    return hull
  }

  /// All steps that fit, in their order.
  private func greedy(_ limit: Int) -> (picks: [Int], error: Double) {
    var picks = smallest
    var left = limit - (rest.first?.bytes ?? 0)
    for step in steps where picks[step.tensor] == step.from && step.bytes <= left {
      picks[step.tensor] = step.to
      left -= step.bytes
    }
    return (picks, zip(options, picks).reduce(0) { $0 + $1.0[$1.1].error })
  }

  /// Tries the options of the next tensor, given what the ones before took and left.
  private mutating func decide(_ limit: Int, error: Double) {
    let tensor = picks.count
    guard tensor < options.count else {
      if error < best?.error ?? .infinity { best = (picks, error) }
      return
    }
    let order = options[tensor].indices.sorted { options[tensor][$0].error < options[tensor][$1].error }
    for option in order {
      let left = limit - options[tensor][option].bytes
      let total = error + options[tensor][option].error
      guard left >= rest[tensor + 1].bytes, patience > 0 else { continue }
      patience -= 1
      guard total + leastError(from: tensor + 1, left) < best?.error ?? .infinity else { continue }
      picks.append(option)
      decide(left, error: total)
      picks.removeLast()
    }
  }

  /// No choice for the tensors from `first` on that fits `limit` leaves less error.
  private func leastError(from first: Int, _ limit: Int) -> Double {
    var left = limit - rest[first].bytes
    var error = rest[first].error
    for step in steps where step.tensor >= first {
      guard step.bytes <= left else { return max(0, error - step.error * Double(left) / Double(step.bytes)) }
      left -= step.bytes
      error -= step.error
    }
    return max(0, error)
  }
}
