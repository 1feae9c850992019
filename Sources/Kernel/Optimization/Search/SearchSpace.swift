import Bytes

/// What is searched: a weight for each of several models, and any number of other named numbers (a rank merge's `w0`,
/// a power mean's `P`).
///
/// Weights lie on the simplex (none negative, sum 1), since only their ratios matter, or each within bounds of its own.
/// A point lists the weights first, then the tunables, in the order given.
public struct SearchSpace: Sendable, Equatable {
  /// A number to be found between two bounds.
  public struct Tunable: Sendable, Equatable {
    public let name: String
    public let bounds: ClosedRange<Double>
    /// What it is while the weights alone are tried.
    public let initial: Double

    /// - Parameter initial: the middle of `bounds` if `nil`.
    public init(_ name: String, in bounds: ClosedRange<Double>, initial: Double? = nil) {
      self.name = name
      self.bounds = bounds
      self.initial = initial ?? bounds.lowerBound / 2 + bounds.upperBound / 2
    }
  }

  /// The names of the models that get weights.
  public let weights: [String]
  /// The bounds of each weight, or `nil` for the simplex.
  public let weightBounds: [ClosedRange<Double>]?
  public let tunables: [Tunable]

  /// - Throws: ``KernelError`` `.usage` when there is nothing to search, a name appears twice, there are not as many
  ///   bounds as weights, bounds are not finite (or weights' are negative), or a tunable begins outside its bounds.
  public init(
    weights: [String], bounds: [ClosedRange<Double>]? = nil, tunables: [Tunable] = []
  ) throws {
    let names = weights + tunables.map(\.name)
    guard !names.isEmpty else { throw KernelError(.usage, "", "there is nothing to optimize") }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw KernelError(.usage, "", "\(name.printable) is to be optimized twice")
    }
    if let bounds {
      guard bounds.count == weights.count else {
        throw KernelError(.usage, "", "there are bounds for \(bounds.count) weights and \(weights.count) models")
      }
      for (name, bound) in zip(weights, bounds) where !(bound.lowerBound >= 0 && bound.upperBound > 0) {
        throw KernelError(.usage, "", "the weight of \(name.printable) cannot lie between \(bound.words)")
      }
    }
    let all = zip(weights, bounds ?? []).map { ($0, $1) } + tunables.map { ($0.name, $0.bounds) }
    for (name, bound) in all where !(bound.upperBound - bound.lowerBound).isFinite {
      throw KernelError(.usage, "", "the bounds of \(name.printable) are not finite: \(bound.words)")
    }
    for tunable in tunables where !tunable.bounds.contains(tunable.initial) {
      throw KernelError(
        .usage, "", "\(tunable.name.printable) cannot begin at \(tunable.initial), outside \(tunable.bounds.words)")
    }
    self.weights = weights
    self.weightBounds = bounds
    self.tunables = tunables
  }

  /// The names of a point's coordinates, in order.
  public var names: [String] { weights + tunables.map(\.name) }

  /// How many coordinates a point has.
  public var dimension: Int { weights.count + tunables.count }

  /// How many coordinates lie on the simplex: all weights or none.
  var simplexCount: Int { weightBounds == nil ? weights.count : 0 }

  /// The bounds of the coordinates after the simplex.
  var boxBounds: [ClosedRange<Double>] { (weightBounds ?? []) + tunables.map(\.bounds) }
}

extension ClosedRange<Double> {
  fileprivate var words: String { "\(lowerBound) and \(upperBound)" }
}
