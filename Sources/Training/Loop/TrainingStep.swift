import Bytes
import Execution

/// What the training loop needs of a model that is trained.
package protocol TrainingStep: AnyObject {
  /// Makes one step.
  ///
  /// - Throws: ``KernelError`` when the batch does not fit the model.
  func step(_ batch: TrainingBatch) throws -> TrainingSession.Result

  /// How many steps there have been.
  func number() throws -> Int

  /// The values of all variables, by name, as they are now.
  func values() throws -> [(name: String, value: Tensor)]

  /// Where each random operator is in its stream of numbers.
  var randomPositions: [String: UInt64] { get set }

  /// The variables that are trained, whose values TensorBoard shows.
  var trainedVariables: [String] { get }

  /// The graph, as it is to lie beside checkpoints (`.meta`).
  var encodedGraph: ByteView { get throws }
}

extension TrainingSession: TrainingStep {
  package func step(_ batch: TrainingBatch) throws -> Result {
    guard let frameCounts = batch.videos.frameCounts(as: .int32) else {
      throw KernelError(.badData, "", "a batch of \(batch.count) videos cannot be counted")
    }
    return try step(
      Batch(features: batch.videos.features, frameCounts: frameCounts, labels: batch.labels, teacher: batch.teacher)
    )
  }

  package var trainedVariables: [String] { graph.gradients.keys.sorted() }

  package var encodedGraph: ByteView { get throws { try ByteView(graph.meta.encoded()) } }
}
