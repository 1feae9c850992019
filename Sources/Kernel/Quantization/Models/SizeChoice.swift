/// Picks one of several ways to store each tensor, so that all fit a size and the squared errors are few.
package enum SizeChoice {
  /// The position of the option to take for each tensor; `nil` when not even the smallest fit.
  ///
  /// Each tensor begins with its smallest option and goes along the lower convex hull of its sizes and errors, the
  /// step that saves most error a byte first; then whatever single change saves most error and still fits is made until
  /// there is none.
  static func choose(_ options: [[StoredTensor]], byteCount limit: Int) -> [Int]? {
    choose(options.map { $0.map { Option(bytes: $0.byteCount, error: $0.errors.squares) } }, limit)
  }

  /// What one way takes, and the squared errors it leaves.
  package struct Option {
    package let bytes: Int
    package let error: Double

    package init(bytes: Int, error: Double) {
      self.bytes = bytes
      self.error = error
    }
  }

  /// The same, by what the ways take and leave alone.
  package static func choose(_ options: [[Option]], _ limit: Int) -> [Int]? {
    var picks = options.map { options in
      options.indices.min { (options[$0].bytes, options[$0].error) < (options[$1].bytes, options[$1].error) } ?? 0
    }
    var left = limit - zip(options, picks).reduce(0) { $0 + $1.0[$1.1].bytes }
    guard left >= 0 else { return nil }
    var steps: [(tensor: Int, from: Int, to: Int, gain: Double)] = []
    for (tensor, options) in options.enumerated() {
      let hull = hull(options, from: picks[tensor])
      for (from, to) in zip(hull, hull.dropFirst()) {
        let gain = options[from].error - options[to].error
        steps.append((tensor, from, to, gain / Double(options[to].bytes - options[from].bytes)))
      }
    }
    steps.sort { ($1.gain, $0.tensor, $0.from) < ($0.gain, $1.tensor, $1.from) }
    for step in steps where picks[step.tensor] == step.from {
      let growth = options[step.tensor][step.to].bytes - options[step.tensor][step.from].bytes
      if growth <= left {
        picks[step.tensor] = step.to
        left -= growth
      }
    }
    while let change = bestChange(options, picks, left) {
      left -= options[change.tensor][change.to].bytes - options[change.tensor][picks[change.tensor]].bytes
      picks[change.tensor] = change.to
    }
    return picks
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

  private static func bestChange(
    _ options: [[Option]], _ picks: [Int], _ left: Int
  ) -> (tensor: Int, to: Int)? {
    var best: (tensor: Int, to: Int, gain: Double)?
    for (tensor, list) in options.enumerated() {
      let now = list[picks[tensor]]
      for (index, option) in list.enumerated() where option.bytes - now.bytes <= left {
        let gain = now.error - option.error
        if gain > best?.gain ?? 0 { best = (tensor, index, gain) }
      }
    }
    return best.map { ($0.tensor, $0.to) }
  }
}
