import Bytes
import Graphs
import Tensors

/// What the layers of a model build with: the graph, the phase, the hyperparameters, and what they leave for training.
package final class ModelBuilder {
  package let graph: GraphBuilder
  /// Whether batch normalization uses the batch's own statistics and moves the averages along.
  package let isTraining: Bool
  package let flags: Hyperparameters
  /// Penalties of the weights, to be added to the loss.
  package private(set) var penalties: [GraphTensor] = []
  /// Nodes that move averages along at each step of training.
  package private(set) var updates: [String] = []
  private var variables: [String: BuiltVariable] = [:]
  /// How many layers without a name of their own each scope has.
  private var layerCounts: [String: Int] = [:]
  private var isRepeating = false

  package init(_ graph: GraphBuilder, isTraining: Bool, _ flags: Hyperparameters) {
    self.graph = graph
    self.isTraining = isTraining
    self.flags = flags
  }

  /// Adds `factor` times half the sum of the squares to the loss; nothing when the factor is 0.
  package func penalize(_ variable: BuiltVariable, _ factor: Double) throws {
    guard factor != 0, !isRepeating else { return }
    let value = try graph.cast(variable.value, to: .float32)
    let penalty = try graph.multiply(graph.l2Loss(value), Float(factor))
    penalties.append(penalty)
    graph.meta.collections.append(penalty.endpoint.tensorName, to: "regularization_losses")
  }

  /// Adds a penalty of something else to the loss.
  package func penalize(_ penalty: GraphTensor) {
    if !isRepeating { penalties.append(penalty) }
  }

  /// Lets each step of training move an average a part of the way to the batch's value.
  package func track(_ average: BuiltVariable, _ value: GraphTensor, decay: Float) throws {
    guard isTraining else { return }
    let part = try graph.multiply(graph.subtract(average.value, value), 1 - decay)
    let update = try graph.update("AssignSub", average, part)
    updates.append(update)
    graph.meta.collections.append(update, to: "update_ops")
  }

  /// Builds in the scope of variables `name`, under the one that is open; in the open one when `name` is empty.
  package func variables<R>(in name: String, _ body: () throws -> R) rethrows -> R {
    name.isEmpty ? try body() : try graph.reopen(graph.prefix + name, body)
  }

  /// A variable under the scope that is open, or the one of that name when the model is built once more.
  ///
  /// - Parameters:
  ///   - isOfLayer: whether it belongs to `model_variables` too, as those of the reference's layers do.
  ///   - dtype: how it is stored.
  package func variable(
    _ name: String, _ dimensions: [Int], _ initializer: Initializer, isTrained: Bool = true,
    isOfLayer: Bool = false, as dtype: DType = .float32
  ) throws -> BuiltVariable {
    let full = graph.prefix + name
    if isRepeating, let known = variables[full] { return known }
    guard dimensions.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw KernelError(
        .usage, "",
        "the variable \(full) of [\(dimensions.map(String.init).joined(separator: ","))] is too large for TensorFlow",
        hint: "fewer classes, clusters, experts or cells make a smaller one")
    }
    let made = try graph.variable(
      name, dimensions, initializer, isTrained: isTrained, collections: isOfLayer ? ["model_variables"] : [],
      as: dtype)
    variables[full] = made
    return made
  }

  /// The name of the next layer that has none of its own: `fully_connected`, `fully_connected_1`, …
  package func layerName(_ kind: String) -> String {
    let scope = graph.prefix + kind
    defer { layerCounts[scope, default: 0] += 1 }
    return layerCounts[scope].map { "\(kind)_\($0)" } ?? kind
  }

  /// Builds a model once more with the variables that it has already.
  package func repeated<R>(_ body: () throws -> R) rethrows -> R {
    layerCounts = [:]
    isRepeating = true
    defer { isRepeating = false }
    return try body()
  }
}
