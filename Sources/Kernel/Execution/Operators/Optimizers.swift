import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// One step of an optimizer: the weights and its slots, which are variables, then numbers and the gradient in an
  /// order that differs from one to the next. The arithmetic is TensorFlow's, in float32.
  static let optimizers: [Operator] = OptimizerRule.all.flatMap { rule in
    rule.operators.map { update($0, rule) }
  }

  /// The operators of the nodes that ``Fusion`` makes of steps of optimizers, which scale and form the gradient
  /// themselves; files do not have them.
  static let fusedUpdates: [Operator] = OptimizerRule.all.flatMap { rule in
    rule.operators.map { update(OptimizerRule.fusedPrefix + $0, rule) }
  }

  private static func update(_ name: String, _ rule: OptimizerRule) -> Operator {
    Operator(name, isStateful: true) { node in
      let flags = OptimizerFlags(node)
      return { call in
        let passedBack = try rule.run(call, flags)
        call.outputs = [call.inputs[0]] + (passedBack.map { [$0] } ?? [])
      }
    }
  }
}

/// The attributes of optimizers.
struct OptimizerFlags {
  let usesNesterov: Bool
  let updatesSlots: Bool
  /// Whether one more input is a number that the gradient is multiplied by.
  let scales: Bool
  /// Whether two more inputs are the factors of the gradient where that is not formed.
  let isFactored: Bool
  /// Whether one more is how much of the weights that gradient has.
  let decays: Bool
  /// Whether a second output is the product of the second factor and the weights as they were.
  let passesBack: Bool

  init(_ node: Node) {
    usesNesterov = node.attributes.bool("use_nesterov") ?? false
    updatesSlots = node.attributes.bool("update_slots") ?? true
    let isFused = node.op.hasPrefix(OptimizerRule.fusedPrefix)
    scales = isFused && node.attributes.bool(OptimizerRule.scales) ?? false
    isFactored = isFused && node.attributes.bool(OptimizerRule.isFactored) ?? false
    decays = isFused && node.attributes.bool(OptimizerRule.decays) ?? false
    passesBack = isFactored && node.attributes.bool(OptimizerRule.passesBack) ?? false
  }

  /// How many inputs a fused node has more than the optimizer.
  fileprivate var inputCount: Int { (scales ? 1 : 0) + (isFactored ? 2 : 0) + (decays ? 1 : 0) }

  /// The factors of the gradient; `nil` when there are none or it is formed.
  ///
  /// - Parameter first: the first of the inputs that the optimizer itself does not have.
  fileprivate func factors(_ call: Call, from first: Int) throws -> FactoredGradient? {
    guard isFactored else { return nil }
    let start = first + (scales ? 1 : 0)
    return FactoredGradient(
      call.inputs[start], call.inputs[start + 1], decay: decays ? try call.number(start + 2) : 0)
  }

  fileprivate func secondFactor(_ call: Call, from first: Int) -> Tensor { call.inputs[first + (scales ? 2 : 1)] }
}

/// Weights, slots and gradient from one element on, and how many there are.
struct OptimizerPart {
  fileprivate let variables: [UnsafeMutablePointer<Float>]
  fileprivate let start: Int
  let grad: UnsafePointer<Float>
  let count: Int
  /// How many elements later those of weights and slots are that are worth asking for meanwhile; 0 for none.
  let ahead: Int

  var weights: UnsafeMutablePointer<Float> { slot(0) }

  /// The optimizer's slots, from 1 on.
  func slot(_ number: Int) -> UnsafeMutablePointer<Float> { variables[number] + start }
}

/// What one optimizer does.
struct OptimizerRule: Sendable {
  typealias Loop = @Sendable (OptimizerPart) -> Void

  /// As the operator on references has it; that on resources has `Resource` before.
  let name: String
  /// Whether only resources have it.
  let isResourceOnly: Bool
  /// How many slots follow the weights.
  let slotCount: Int
  /// Which of the inputs after the variables is the gradient; the others are numbers.
  let gradient: Int
  let numberCount: Int
  /// Makes the loop of those numbers.
  let loop: @Sendable ([Float], OptimizerFlags) -> Loop

  init(
    _ name: String, slots: Int, numbers: Int, gradient: Int, isResourceOnly: Bool = false,
    _ loop: @escaping @Sendable ([Float], OptimizerFlags) -> Loop
  ) {
    self.name = name
    self.isResourceOnly = isResourceOnly
    slotCount = slots
    numberCount = numbers
    self.gradient = gradient
    self.loop = loop
  }

  /// The operator on references and that on resources.
  var operators: [String] { (isResourceOnly ? [] : [name]) + ["Resource" + name] }

  /// What the operators that ``Fusion`` makes of these begin with, and the attributes that tell what they do besides.
  static let fusedPrefix = "_"
  static let scales = "scales"
  static let isFactored = "factored"
  static let decays = "decays"
  static let passesBack = "passes_back"

  /// How many variables each of the operators has, those of fused nodes among them.
  static let references: [String: Int] = Dictionary(
    uniqueKeysWithValues: all.flatMap { rule in
      rule.operators.flatMap { name in [name, fusedPrefix + name].map { ($0, rule.slotCount + 1) } }
    })

  /// Which input of an operator, fused or not, is the gradient; `nil` for other operators.
  static func gradientInput(_ op: String) -> Int? { gradientInputs[op] }

  private static let gradientInputs: [String: Int] = Dictionary(
    uniqueKeysWithValues: all.flatMap { rule in
      rule.operators.flatMap { name in
        [name, fusedPrefix + name].map { ($0, rule.slotCount + 1 + rule.gradient) }
      }
    })

  /// - Returns: the second output, if there is one.
  fileprivate func run(_ call: Call, _ flags: OptimizerFlags) throws -> Tensor? {
    let variableCount = slotCount + 1
    let ownCount = variableCount + numberCount + 1
    try call.expect(ownCount + flags.inputCount)
    let numbers = try (variableCount..<ownCount).filter { $0 != variableCount + gradient }.map {
      try call.number($0)
    }
    let factors = try flags.factors(call, from: ownCount)
    let passedBack =
      flags.passesBack ? try PassedBack(call, flags.secondFactor(call, from: ownCount), factors) : nil
    let grad = UpdateGradient(
      formed: call.inputs[variableCount + gradient], factors: factors, passedBack: passedBack,
      scale: flags.scales ? try call.number(ownCount) : 1)
    let loop = loop(numbers, flags)
    try call.update(variableCount) { variables in
      guard variables.allSatisfy({ $0.dtype == .float32 && $0.shape == variables[0].shape }),
        grad.fits(variables[0])
      else {
        let shapes = variables.map(\.description).joined(separator: ", ")
        throw call.error("the variables \(shapes) and the gradient \(grad) do not fit each other")
      }
      let targets = variables.compactMap(\.mutableFloats.baseAddress)
      guard targets.count == variables.count else { return }
      grad.forEachPart(targets[0], call) { part in
        loop(
          OptimizerPart(
            variables: targets, start: part.start, grad: part.values, count: part.count, ahead: part.ahead))
      }
    }
    return passedBack?.result
  }
}

extension Call {
  /// The one float32 in an input; a step counter may be an int64.
  func number(_ input: Int) throws -> Float {
    let tensor = inputs[input]
    guard tensor.elementCount == 1 else {
      throw error("its input \(input) is \(tensor), where one number is expected")
    }
    switch tensor.dtype {
    case .float32: return tensor.floats[0]
    case .int64: return Float(tensor.elements(Int64.self)[0])
    default: throw error("its input \(input) is \(tensor), where a float32 is expected")
    }
  }
}
