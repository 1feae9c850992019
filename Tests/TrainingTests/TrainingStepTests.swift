import Checkpoints
import Execution
import Tensors
import Testing

@testable import Training

/// Steps of our own graphs from TensorFlow's checkpoints on TensorFlow's batches: losses, gradients, weights, slots,
/// moving statistics and averages must be TensorFlow's.
@Suite struct TrainingStepTests {
  @Test func thereAreRuns() { #expect(TrainingCase.all.count == 25) }

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
    try check(session, run, step: 0)
    try compare(session, run, "step1.ckpt-1", steps: 1)
    // A shift in front of a normalization has no gradient but rounding, of which Adam makes whole steps; here they
    // reach values that are cut off at 6, so that later steps are another way down.
    guard name != "dbof" else { return }
    for step in 1..<run.steps { try check(session, run, step: step) }
    #expect(try session.number() == run.steps)
    try compare(session, run, "model.ckpt-\(run.steps)", steps: Float(run.steps))
  }

  /// As a training does that is resumed.
  @Test(arguments: TrainingCase.all)
  func goesOnFromTensorFlowsCheckpoint(name: String) throws {
    let run = try TrainingCase(name)
    let session = try TrainingSession(run.graph(), restoring: run.checkpoint("step1.ckpt-1"))
    #expect(try session.number() == (run.countsSteps ? 1 : 0))
    try check(session, run, step: 1)
  }

  private func check(_ session: TrainingSession, _ run: TrainingCase, step: Int) throws {
    func expected(_ name: String) throws -> Float { try run.arrays.tensor(name).array(of: Float.self)[step] }
    let result = try session.step(run.batch(step))
    #expect(try abs(result.loss - expected("label_loss")) <= 1e-5 * expected("label_loss"))
    #expect(try abs(result.penalty - expected("reg_loss")) <= 1e-5 * expected("reg_loss") + 1e-9)
    #expect(try result.learningRate == expected("learning_rate"))
    let predictions = try run.arrays.tensor("predictions").row(step).array(of: Float.self)
    #expect(zip(predictions, result.predictions.array(of: Float.self)).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// All variables, and none besides.
  ///
  /// Adam divides a gradient by its own size (the root of the slot of squares), so where that is near the rounding of the
  /// sums that the gradient comes from, a step may be anything up to the learning rate, and the means of what such a
  /// weight shifts with it.
  private func compare(_ session: TrainingSession, _ run: TrainingCase, _ name: String, steps: Float) throws {
    let checkpoint = try run.checkpoint(name)
    let values = try session.values()
    #expect(values.map(\.name).sorted() == checkpoint.tensors.map(\.name.description).sorted())
    for (name, value) in values where value.dtype == .float32 {
      let expected = try checkpoint.tensor(name).array(of: Float.self)
      let trained = name.replacing("/ExponentialMovingAverage", with: "")
      // The first gradient's size, and that of all so far.
      let squares = try? [(run.checkpoint("step1.ckpt-1"), Float(1)), (checkpoint, steps)].map {
        checkpoint, steps in
        try checkpoint.tensor(trained + run.squares).array(of: Float.self).map {
          ($0 / (0.001 * steps)).squareRoot()
        }
      }
      let sizes = squares.map { zip($0[0], $0[1]).map { min($0, $1) } }
      let rounding = max(3e-7, 5e-6 * (squares?[1].max() ?? 0))
      let found = value.array(of: Float.self)
      let isClose = expected.indices.allSatisfy { index in
        let noise = sizes.map { 0.02 * steps * min(1, rounding / max($0[index], 1e-12)) } ?? 0
        let own: Float = name.contains("/moving_mean") ? 5e-5 : run.tolerance(after: steps)
        return abs(expected[index] - found[index]) <= own + noise
      }
      #expect(isClose, "\(name)")
    }
  }
}
