import Bytes
import Checkpoints
import Execution
import Graphs
import Tensors

/// A model while it is trained: the graph, and the values of its variables.
///
/// Memory: the variables (with Adam three times the weights), their gradients, and the values of one step. One session
/// is for one thread at a time.
package final class TrainingSession {
  package let graph: TrainingGraph
  private let session: Session
  private let variables: [String]

  /// What a step tells.
  package struct Result: Sendable {
    /// The step's number: how many there have been, this one among them.
    package let step: Int
    /// Of the batch, before the weights changed and without penalties.
    package let loss: Float
    /// The penalties of the weights, before their factor.
    package let penalty: Float
    package let learningRate: Float
    /// `[videos, classes]`
    package let predictions: Tensor
  }

  /// The videos of a step.
  package struct Batch: Sendable {
    /// `[videos, frames, features]` or `[videos, features]`, float32.
    package var features: Tensor
    /// `[videos]`, int32.
    package var frameCounts: Tensor
    /// `[videos, classes]`, bool.
    package var labels: Tensor
    /// What the teacher predicts, `[videos, classes]`, float32; only for distillation.
    package var teacher: Tensor?

    package init(features: Tensor, frameCounts: Tensor, labels: Tensor, teacher: Tensor? = nil) {
      self.features = features
      self.frameCounts = frameCounts
      self.labels = labels
      self.teacher = teacher
    }
  }

  /// A model with first values that its seed decides.
  package convenience init(_ graph: TrainingGraph, workers: Workers = Workers()) throws {
    try self.init(graph, VariableStore(), workers)
    _ = try session.run([], targets: graph.initializers)
    session.forgetPlans()
  }

  /// A model with the values of a checkpoint, all of them: weights, slots, averages, the number of the step.
  ///
  /// - Throws: ``KernelError`` `.badData` when the checkpoint lacks a variable or has it in another shape.
  package convenience init(
    _ graph: TrainingGraph, restoring checkpoint: any TensorSource, workers: Workers = Workers()
  ) throws {
    try self.init(graph, VariableStore(graph.meta, checkpoint, workers), workers)
    // All are read once, so that what is missing is known now.
    _ = try session.run(variables.map { Endpoint($0) })
  }

  /// A model that starts with another's weights and the averages of these, at step 0 with fresh slots
  /// (specs: miha2018 §3).
  ///
  /// - Throws: ``KernelError`` `.badData` when the checkpoint lacks a weight or has it in another shape.
  package convenience init(
    _ graph: TrainingGraph, averagesFrom checkpoint: any TensorSource, workers: Workers = Workers()
  ) throws {
    try self.init(graph, workers: workers)
    let source = try Session(graph.meta, path: checkpoint.path, checkpoint: checkpoint, workers: workers)
    let values = try source.run(graph.averaged.map { Endpoint($0) })
    for (name, value) in zip(graph.averaged, values) {
      session.variables.set(name, value)
      session.variables.set(name + "/ExponentialMovingAverage", value)
    }
  }

  private init(_ graph: TrainingGraph, _ store: VariableStore, _ workers: Workers) throws {
    self.graph = graph
    variables = try graph.meta.variableDefinitions().map(\.node)
    session = Session(graph.meta, path: "the training graph", variables: store, workers: workers)
  }

  /// Where each random operator is in its stream of numbers.
  package var randomPositions: [String: UInt64] {
    get { session.randomPositions }
    set { session.randomPositions = newValue }
  }

  /// The times of operators, counted from when this is set; `nil` when they are not.
  package var profile: Profile? {
    get { session.profile }
    set { session.profile = newValue }
  }

  /// Makes one step.
  ///
  /// - Throws: ``KernelError`` `.badData` when the batch does not fit the model.
  package func step(_ batch: Batch) throws -> Result {
    var feeds = [
      graph.features: batch.features, graph.frameCounts: batch.frameCounts, graph.labels: batch.labels,
    ]
    if let endpoint = graph.teacher { feeds[endpoint] = batch.teacher }
    let fetches = [graph.loss, graph.learningRate, graph.predictions] + (graph.penalty.map { [$0] } ?? [])
    let results = try session.run(fetches, feeding: feeds, targets: [graph.trainStep])
    if let average = graph.averageStep { _ = try session.run([], targets: [average]) }
    return Result(
      step: try number(), loss: results[0].first, penalty: results.count > 3 ? results[3].first : 0,
      learningRate: results[1].first, predictions: results[2])
  }

  /// The gradients of a batch before clipping, by the variables' names; nothing changes.
  package func gradients(of batch: Batch) throws -> [String: Tensor] {
    var feeds = [
      graph.features: batch.features, graph.frameCounts: batch.frameCounts, graph.labels: batch.labels,
    ]
    if let endpoint = graph.teacher { feeds[endpoint] = batch.teacher }
    let entries = graph.gradients.sorted { $0.key < $1.key }
    let values = try session.run(entries.map(\.value), feeding: feeds)
    return Dictionary(uniqueKeysWithValues: zip(entries.map(\.key), values))
  }

  /// How many steps there have been.
  package func number() throws -> Int {
    let value = try session.run([graph.globalStep])[0]
    return value.array(of: Int32.self).first.map(Int.init) ?? 0
  }

  /// The values of all variables, by name, as they are now.
  package func values() throws -> [(name: String, value: Tensor)] {
    Array(zip(variables, try session.run(variables.map { Endpoint($0) })))
  }
}

extension Tensor {
  fileprivate var first: Float { withElements(Float.self) { $0.first ?? .nan } }
}
