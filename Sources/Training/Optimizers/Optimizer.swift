import Graphs
import Tensors

/// How weights follow their gradients, by the names of `tf.train` with the values that only a learning rate gives them
/// (specs: tm_google §2.5; slots as TensorFlow names them).
package enum Optimizer: String, Sendable, CaseIterable {
  case adam = "AdamOptimizer"
  case gradientDescent = "GradientDescentOptimizer"
  case adagrad = "AdagradOptimizer"
  case adadelta = "AdadeltaOptimizer"
  case rmsProp = "RMSPropOptimizer"
  case ftrl = "FtrlOptimizer"
  case proximalGradientDescent = "ProximalGradientDescentOptimizer"
  case proximalAdagrad = "ProximalAdagradOptimizer"

  /// The operator that updates a variable.
  private var operation: String {
    switch self {
    case .adam: "ApplyAdam"
    case .gradientDescent: "ApplyGradientDescent"
    case .adagrad: "ApplyAdagrad"
    case .adadelta: "ApplyAdadelta"
    case .rmsProp: "ApplyRMSProp"
    case .ftrl: "ApplyFtrl"
    case .proximalGradientDescent: "ApplyProximalGradientDescent"
    case .proximalAdagrad: "ApplyProximalAdagrad"
    }
  }

  /// The slots of each variable: what follows its name, and the first value.
  private var slots: [(name: String, value: Float)] {
    switch self {
    case .adam: [("Adam", 0), ("Adam_1", 0)]
    case .gradientDescent, .proximalGradientDescent: []
    case .adagrad: [("Adagrad", 0.1)]
    case .adadelta: [("Adadelta", 0), ("Adadelta_1", 0)]
    case .rmsProp: [("RMSProp", 1), ("RMSProp_1", 0)]
    case .ftrl: [("Ftrl", 0.1), ("Ftrl_1", 0)]
    case .proximalAdagrad: [("ProximalAdagrad", 0.1)]
    }
  }

  /// Adds the updates of all variables and what goes with them.
  ///
  /// - Parameters:
  ///   - scope: before the names of the powers of Adam's betas; `model/` in 2017, empty else.
  /// - Returns: the nodes that make a step.
  package func build(
    _ gradients: [(variable: BuiltVariable, gradient: GraphTensor)], rate: GraphTensor, scope: String,
    _ graph: GraphBuilder
  ) throws -> [String] {
    let powers = try self == .adam ? betaPowers(scope, graph) : []
    let slotted = try gradients.map { entry in
      (entry.variable, entry.gradient, try makeSlots(entry.variable, graph))
    }
    let updates = try graph.scope(name) { () throws -> [String] in
      func number(_ value: Float, _ name: String) throws -> GraphTensor { try graph.constant(value, name: name) }
      var common: [GraphTensor] = []
      switch self {
      case .adam:
        common =
          try powers.map(\.value) + [rate, number(0.9, "beta1"), number(0.999, "beta2"), number(1e-8, "epsilon")]
      case .gradientDescent, .adagrad: common = [rate]
      case .adadelta: common = try [rate, number(0.95, "rho"), number(1e-8, "epsilon")]
      case .rmsProp:
        common = try [rate, number(0.9, "decay"), number(0, "momentum"), number(1e-10, "epsilon")]
      case .ftrl: common = try [rate, number(0, "l1"), number(0, "l2"), number(-0.5, "power")]
      case .proximalGradientDescent, .proximalAdagrad:
        common = try [rate, number(0, "l1"), number(0, "l2")]
      }
      let readers = Readers(graph.meta.graph)
      let nodes = try slotted.map { variable, gradient, slots in
        // FTRL takes the gradient before the numbers, all others after them.
        let order = self == .ftrl ? slots + [gradient] + common : slots + common + [gradient]
        // TensorFlow changes a variable in place, so whoever needs its old value must have run.
        return try graph.after(readers.nodes(reading: variable)) {
          try graph.simple(
            operation, [variable.reference] + order, name: "update_" + variable.name + "/" + operation,
            ["use_locking": .bool(false), "_class": .texts(["loc:@" + variable.name])],
            to: variable.value.dimensions
          ).endpoint.node
        }
      }
      guard self == .adam else { return nodes }
      // After all variables have used them.
      return try nodes
        + graph.after(nodes) {
          try zip(powers, common.suffix(3)).map { power, beta in
            try graph.update("Assign", power, graph.multiply(power.value, beta))
          }
        }
    }
    return updates
  }

  private var name: String { String(rawValue.dropLast("Optimizer".count)) }

  private func betaPowers(_ scope: String, _ graph: GraphBuilder) throws -> [BuiltVariable] {
    try [("beta1_power", Float(0.9)), ("beta2_power", 0.999)].map { name, beta in
      try graph.variable(scope + name, [], .constant(beta), isTrained: false)
    }
  }

  private func makeSlots(_ variable: BuiltVariable, _ graph: GraphBuilder) throws -> [GraphTensor] {
    try slots.map { slot in
      try graph.variable(
        variable.name + "/" + slot.name, variable.value.dimensions, .constant(slot.value), isTrained: false
      ).reference
    }
  }
}

/// Who reads what in a graph.
private struct Readers {
  private var consumers: [Endpoint: [Node]] = [:]

  init(_ graph: Graph) {
    for node in graph.nodes { for input in Set(node.dataInputs) { consumers[input, default: []].append(node) } }
  }

  /// The nodes that take a variable's value, through those that pass it on without a copy too.
  func nodes(reading variable: BuiltVariable) -> [String] {
    var pending = [variable.value.endpoint]
    var found: [String] = []
    while let endpoint = pending.popLast() {
      for node in consumers[endpoint] ?? [] {
        found.append(node.name)
        if ["Identity", "Reshape", "ExpandDims", "Squeeze"].contains(node.op) {
          pending.append(Endpoint(node.name))
        }
      }
    }
    return found
  }
}
