/// Whose code a model follows where the published ones differ: in scopes, defaults, and a few layers.
package enum Lineage: String, Sendable, CaseIterable {
  /// The first place of 2018, and the starter code of that year.
  case miha
  /// The first place of 2017.
  case willow
  /// The tenth place of 2018.
  case boliu
  /// The ninth place of 2019.
  case tm

  /// How many classes YouTube-8M had that year.
  package var usualClassCount: Int { self == .willow ? 4716 : 3862 }

  /// The learning rate that its program begins with.
  package var usualLearningRate: Float { self == .willow ? 0.001 : 0.01 }

  /// By what its program multiplies the rate again and again.
  package var usualRateDecay: Float { self == .willow ? 0.9 : 0.95 }

  /// How often its program shows each record.
  package var usualEpochCount: Int { self == .willow ? 15 : 5 }

  /// The scope that all variables are under; empty for none.
  package var scope: String { self == .willow ? "" : "tower" }
}
