import Bytes

/// Numbered things cut at random into folds of the same size, give or take one.
public struct Folds: Sendable {
  public let count: Int
  private let folds: [Int: Int]

  /// Draws a number for each of `parts`, ascending, from numpy's `RandomState(seed)`; the least goes to fold 0, the next to
  /// fold 1, and so on, round and round.
  ///
  /// - Throws: ``KernelError`` `.usage` when there are fewer than two folds, or fewer parts than folds.
  public init(_ parts: [Int], count: Int, seed: UInt32) throws {
    guard count >= 2 else {
      throw KernelError(.usage, "", "\(count) folds leave nothing to search", hint: "choose 2 or more")
    }
    guard parts.count >= count else {
      throw KernelError(.usage, "", "\(count) folds of \(parts.count)", hint: "choose no more")
    }
    self.count = count
    var random = MersenneTwister(seed: seed)
    let drawn = parts.sorted().map { (part: $0, draw: random.uniform()) }
    let order = drawn.sorted { ($0.draw, $0.part) < ($1.draw, $1.part) }
    folds = Dictionary(order.enumerated().map { ($1.part, $0 % count) }) { $1 }
  }

  /// Whether `part` of the data has this one.
  public func contains(_ number: Int, _ part: FoldPart) -> Bool {
    switch part {
    case .fold(let fold): folds[number] == fold
    case .others(let fold): folds[number] != fold
    }
  }
}
