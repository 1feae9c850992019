/// Which moving averages of a model's weights a training keeps.
package enum AverageForm: String, Sendable {
  /// As in 2018: of weights and statistics of batches, which another run's weights are the first values of, moved along
  /// after each step (specs: miha2018 §3).
  case sinceSource = "source"
  /// As in 2017: of weights alone, from the first ones on, moved along with what they were before the step; their names
  /// repeat the scope (specs: miha2018 §12).
  case always
}
