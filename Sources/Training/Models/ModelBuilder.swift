import Graphs

/// What the layers of a model build with: the graph, the phase, the hyperparameters, and what they leave for training.
package final class ModelBuilder {
  package let graph: GraphBuilder
  /// Whether batch normalization uses the batch's own statistics and frames are dropped at random.
  package let isTraining: Bool
  package let flags: Hyperparameters
  /// Penalties of the weights, to be added to the loss.
  package private(set) var penalties: [GraphTensor] = []
  /// Nodes that move averages along at each step of training.
  package private(set) var updates: [String] = []

  package init(_ graph: GraphBuilder, isTraining: Bool, _ flags: Hyperparameters) {
    self.graph = graph
    self.isTraining = isTraining
    self.flags = flags
  }

  /// Adds `factor` times half the sum of the squares to the loss; nothing when the factor is 0.
  package func penalize(_ variable: BuiltVariable, _ factor: Float) throws {
    guard factor != 0 else { return }
    let penalty = try graph.multiply(graph.l2Loss(variable.value), factor)
    penalties.append(penalty)
    graph.meta.collections.append(penalty.endpoint.tensorName, to: "regularization_losses")
  }

  /// Lets each step of training move an average a part of the way to the batch's value.
  package func track(_ average: BuiltVariable, _ value: GraphTensor, decay: Float) throws {
    guard isTraining else { return }
    let part = try graph.multiply(graph.subtract(average.value, value), 1 - decay)
    let update = try graph.update("AssignSub", average, part)
    updates.append(update)
    graph.meta.collections.append(update, to: "update_ops")
  }

  /// Builds in the scope of variables `name`, under the one that is open.
  package func variables<R>(in name: String, _ body: () throws -> R) rethrows -> R {
    try graph.reopen(graph.prefix + name, body)
  }
}
