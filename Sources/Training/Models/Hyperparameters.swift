/// The choices that make a model, by the names of the reference's flags (specs: miha2018 §8.0).
package struct Hyperparameters: Sendable, Equatable {
  package var iterations = 30

  package init() {}
}
