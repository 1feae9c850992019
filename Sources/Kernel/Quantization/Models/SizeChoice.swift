/// Ways to store each of several tensors: the choices worth looking at when all must fit a size.
///
/// The sizes are estimates that may be off by ``slack`` bytes, so a choice is left out only if another has no more error
/// and is smaller by more than that. Of more than ``limit`` choices the best of each of as many steps of size are kept,
/// after each tensor: a choice then may take up to so many steps more than it has to.
///
/// What is kept does not depend on the size asked for, so whoever takes the least error that fits never gets more error
/// for more bytes.
///
/// Memory: 32 bytes for each choice and tensor. Time: in proportion, times the ways to store a tensor.
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

  /// What is chosen for the tensors so far.
  private struct State {
    let bytes: Int
    let error: Double
    /// The state of the tensors before, and what is chosen for the last.
    let parent: Int
    let option: Int
  }

  private var layers: [[State]] = [[State(bytes: 0, error: 0, parent: 0, option: 0)]]
  private let slack: Int
  private let limit: Int

  /// - Parameters:
  ///   - options: for each tensor the ways to store it.
  ///   - slack: by how much the sum of bytes may be off.
  ///   - limit: how many choices to keep.
  package init(_ options: [[Option]], slack: Int = 0, limit: Int = 1 << 13) {
    self.slack = slack
    self.limit = limit
    for options in options { layers.append(thinned(extended(by: options))) }
  }

  /// All choices for one more tensor, the smallest first.
  private func extended(by options: [Option]) -> [State] {
    var states: [State] = []
    for (parent, state) in (layers.last ?? []).enumerated() {
      for (number, option) in options.enumerated() {
        states.append(
          State(
            bytes: state.bytes + option.bytes, error: state.error + option.error, parent: parent, option: number))
      }
    }
    return states.sorted { ($0.bytes, $0.error) < ($1.bytes, $1.error) }
  }

  /// Those of `states`, the smallest first, that are worth keeping.
  private func thinned(_ states: [State]) -> [State] {
    var kept: [State] = []
    // The least error of the states that are smaller for certain.
    var least = Double.infinity
    var next = 0
    for (position, state) in states.enumerated() {
      while next < position, states[next].bytes <= state.bytes - slack {
        least = min(least, states[next].error)
        next += 1
      }
      if state.error < least { kept.append(state) }
    }
    guard kept.count > limit, let first = kept.first, let last = kept.last else { return kept }
    let step = (last.bytes - first.bytes) / limit + 1
    var best: [State] = []
    for state in kept {
      guard let rival = best.last, (rival.bytes - first.bytes) / step == (state.bytes - first.bytes) / step else {
        best.append(state)
        continue
      }
      if state.error < rival.error { best[best.count - 1] = state }
    }
    return best
  }

  /// A choice for all tensors.
  package struct Candidate: Sendable {
    package let bytes: Int
    package let error: Double
    fileprivate let position: Int
  }

  /// What was kept, the least error first, and of equal errors the fewest bytes.
  package var candidates: [Candidate] {
    (layers.last ?? []).enumerated()
      .map { Candidate(bytes: $1.bytes, error: $1.error, position: $0) }
      .sorted { ($0.error, $0.bytes) < ($1.error, $1.bytes) }
  }

  /// The position of the option that each tensor gets.
  package func picks(of candidate: Candidate) -> [Int] {
    var position = candidate.position
    return layers.dropFirst().reversed().map { layer in
      defer { position = layer[position].parent }
      return layer[position].option
    }.reversed()
  }
}
