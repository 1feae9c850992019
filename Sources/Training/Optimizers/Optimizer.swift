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
  case rectifiedAdam = "RAdamOptimizer"
  case weightDecayAdam = "AdamWeightDecayOptimizer"

  /// What the reference's `--custom_optimizer` calls those that `tf.train` does not have (specs: tm_google §2.1).
  package static let custom: [String: Optimizer] = ["radam": .rectifiedAdam, "bert": .weightDecayAdam]

  /// The operator that updates a variable; `nil` of what is put together from simpler ones.
  private var operation: String? {
    switch self {
    case .adam: "ApplyAdam"
    case .gradientDescent: "ApplyGradientDescent"
    case .adagrad: "ApplyAdagrad"
    case .adadelta: "ApplyAdadelta"
    case .rmsProp: "ApplyRMSProp"
    case .ftrl: "ApplyFtrl"
    case .proximalGradientDescent: "ApplyProximalGradientDescent"
    case .proximalAdagrad: "ApplyProximalAdagrad"
    case .rectifiedAdam, .weightDecayAdam: nil
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
    case .rectifiedAdam: [("RAdam", 0), ("RAdam_1", 0)]
    case .weightDecayAdam: [("adam_m", 0), ("adam_v", 0)]
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
    let targets = try gradients.map { entry in
      OptimizedVariable(entry.variable, entry.gradient, slots: try makeSlots(entry.variable, graph))
    }
    let powers = try [.adam, .rectifiedAdam].contains(self) ? betaPowers(scope, graph) : []
    let step = try self == .rectifiedAdam ? graph.variable(scope + "step", [], .constant(1), isTrained: false) : nil
    let readers = VariableReaders(graph.meta.graph)
    return try graph.scope(name) {
      if let step {
        return try buildRectifiedAdam(targets, rate: rate, powers: powers, step: step, readers, graph)
      }
      guard let operation else { return try buildWeightDecayAdam(targets, rate: rate, readers, graph) }
      return try build(operation, targets, rate: rate, powers: powers, readers, graph)
    }
  }

  /// One operator a variable, and after all of them the powers of Adam's betas.
  private func build(
    _ operation: String, _ targets: [OptimizedVariable], rate: GraphTensor, powers: [BuiltVariable],
    _ readers: VariableReaders, _ graph: GraphBuilder
  ) throws -> [String] {
    func number(_ value: Float, _ name: String) throws -> GraphTensor { try graph.constant(value, name: name) }
    var common: [GraphTensor] = []
    switch self {
    case .adam:
      common =
        try powers.map(\.value) + [rate, number(0.9, "beta1"), number(0.999, "beta2"), number(1e-8, "epsilon")]
    case .gradientDescent, .adagrad, .rectifiedAdam, .weightDecayAdam: common = [rate]
    case .adadelta: common = try [rate, number(0.95, "rho"), number(1e-8, "epsilon")]
    case .rmsProp:
      common = try [rate, number(0.9, "decay"), number(0, "momentum"), number(1e-10, "epsilon")]
    case .ftrl: common = try [rate, number(0, "l1"), number(0, "l2"), number(-0.5, "power")]
    case .proximalGradientDescent, .proximalAdagrad:
      common = try [rate, number(0, "l1"), number(0, "l2")]
    }
    let nodes = try targets.map { target in
      let (variable, slots) = (target.variable, target.slots.map(\.reference))
      // FTRL takes the gradient before the numbers, all others after them.
      let order = self == .ftrl ? slots + [target.gradient] + common : slots + common + [target.gradient]
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
    return try nodes + graph.after(nodes) { try advance(powers, by: Array(common.suffix(3).prefix(2)), graph) }
  }

  /// Multiplies the powers of Adam's betas with the betas once more.
  func advance(_ powers: [BuiltVariable], by betas: [GraphTensor], _ graph: GraphBuilder) throws -> [String] {
    try zip(powers, betas).map { power, beta in
      try graph.update("Assign", power, graph.multiply(power.value, beta))
    }
  }

  private var name: String { String(rawValue.dropLast("Optimizer".count)) }

  private func betaPowers(_ scope: String, _ graph: GraphBuilder) throws -> [BuiltVariable] {
    try [("beta1_power", Float(0.9)), ("beta2_power", 0.999)].map { name, beta in
      try graph.variable(scope + name, [], .constant(beta), isTrained: false)
    }
  }

  private func makeSlots(_ variable: BuiltVariable, _ graph: GraphBuilder) throws -> [BuiltVariable] {
    try slots.map { slot in
      try graph.variable(
        variable.name + "/" + slot.name, variable.value.dimensions, .constant(slot.value), isTrained: false)
    }
  }
}
