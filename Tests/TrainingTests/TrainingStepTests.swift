import Checkpoints
import Execution
import Tensors
import Testing

@testable import Training

/// Steps of our own graphs from TensorFlow's checkpoints on TensorFlow's batches: losses, gradients, weights, slots,
/// moving statistics and averages must be TensorFlow's.
@Suite struct TrainingStepTests {
  @Test func thereAreRuns() { #expect(TrainingCase.all.count == 17) }

  @Test(arguments: TrainingCase.all)
  func gradientsAreTensorFlows(name: String) throws {
    let run = try TrainingCase(name)
    let session = try TrainingSession(run.graph(), restoring: run.checkpoint("init.ckpt-0"))
    let gradients = try session.gradients(of: run.batch(0))
    #expect(!gradients.isEmpty)
    for (variable, gradient) in gradients.sorted(by: { $0.key < $1.key }) {
      let expected = try run.arrays.tensor("grad0/" + variable).array(of: Float.self)
      let found = gradient.array(of: Float.self)
      try #require(expected.count == found.count)
      let scale = expected.reduce(1e-2) { max($0, abs($1)) }
      let worst = zip(expected, found).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
      #expect(worst < 1e-4, "\(variable)")
    }
  }

  @Test(arguments: TrainingCase.all)
  func stepsAreTensorFlows(name: String) throws {
    let run = try TrainingCase(name)
    let session = try TrainingSession(run.graph(), restoring: run.checkpoint("init.ckpt-0"))
    let expected = try ["label_loss", "reg_loss", "learning_rate"].map {
      try run.arrays.tensor($0).array(of: Float.self)
    }
    for step in 0..<3 {
      let result = try session.step(run.batch(step))
      #expect(result.step == step + 1)
      #expect(abs(result.loss - expected[0][step]) <= 1e-5 * expected[0][step])
      #expect(abs(result.penalty - expected[1][step]) <= 1e-5 * abs(expected[1][step]) + 1e-9)
      #expect(result.learningRate == expected[2][step])
      let predictions = try run.arrays.tensor("predictions").row(step).array(of: Float.self)
      #expect(zip(predictions, result.predictions.array(of: Float.self)).allSatisfy { abs($0 - $1) < 1e-5 })
      if step == 0 { try compare(session, run, "step1.ckpt-1") }
      if step == 2 { try compare(session, run, "model.ckpt-3") }
    }
  }

  /// All variables, and none besides.
  ///
  /// Adam divides a gradient by its own size, so where that is nothing but rounding (a shift that the next normalization
  /// takes out again) the step is of no meaning, and so are the means that it shifts.
  private func compare(_ session: TrainingSession, _ run: TrainingCase, _ name: String) throws {
    let checkpoint = try run.checkpoint(name)
    let values = try session.values()
    #expect(values.map(\.name).sorted() == checkpoint.tensors.map(\.name.description).sorted())
    for (name, value) in values where value.dtype == .float32 {
      let expected = try checkpoint.tensor(name).array(of: Float.self)
      let found = value.array(of: Float.self)
      let trained = name.replacing("/ExponentialMovingAverage", with: "")
      let gradient = try? run.arrays.tensor("grad0/" + trained).array(of: Float.self)
      let largest = gradient?.reduce(0) { max($0, abs($1)) } ?? 1
      var worst: Float = 0
      for index in expected.indices where abs(gradient?[index] ?? 1) > max(1e-5, 1e-4 * largest) {
        worst = max(worst, abs(expected[index] - found[index]))
      }
      #expect(worst < (name.contains("/moving_mean") ? 5e-5 : 2e-6), "\(name)")
    }
  }
}
