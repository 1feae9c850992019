import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// One step of an optimizer: the weights and its slots, which are variables, then numbers and the gradient in an
  /// order that differs from one to the next. The arithmetic is TensorFlow's, in float32.
  static let optimizers: [Operator] = OptimizerRule.all.flatMap { rule in
    rule.operators.map { name in
      Operator(name, isStateful: true) { node in
        let flags = OptimizerFlags(node)
        return { call in
          try rule.run(call, flags)
          call.outputs = [call.inputs[0]]
        }
      }
    }
  }
}

/// The attributes of optimizers.
struct OptimizerFlags {
  let usesNesterov: Bool
  let updatesSlots: Bool

  init(_ node: Node) {
    usesNesterov = node.attributes.bool("use_nesterov") ?? false
    updatesSlots = node.attributes.bool("update_slots") ?? true
  }
}

/// Weights, slots and gradient from one element on, and how many there are.
struct OptimizerPart {
  let variables: [UnsafeMutablePointer<Float>]
  let grad: UnsafePointer<Float>
  let count: Int

  var weights: UnsafeMutablePointer<Float> { variables[0] }
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

  /// How many variables each of the operators has.
  static let references: [String: Int] = Dictionary(
    uniqueKeysWithValues: all.flatMap { rule in
      rule.operators.map { ($0, rule.slotCount + 1) }
    })

  fileprivate func run(_ call: Call, _ flags: OptimizerFlags) throws {
    let variableCount = slotCount + 1
    try call.expect(variableCount + numberCount + 1)
    let numbers = try (variableCount..<call.inputs.count).filter { $0 != variableCount + gradient }.map {
      try call.number($0)
    }
    let grad = call.inputs[variableCount + gradient]
    let loop = loop(numbers, flags)
    try call.update(variableCount) { variables in
      guard variables.allSatisfy({ $0.dtype == .float32 && $0.shape == variables[0].shape }),
        grad.dtype == .float32, grad.shape == variables[0].shape
      else {
        let shapes = variables.map(\.description).joined(separator: ", ")
        throw call.error("the variables \(shapes) and the gradient \(grad) do not fit each other")
      }
      let targets = variables.compactMap(\.mutableFloats.baseAddress)
      guard let source = grad.floats.baseAddress, targets.count == variables.count else { return }
      // Pieces that stay in the cache of a core while they are worked on, and are worth a thread's while.
      call.threads.split(grad.elementCount, grain: 1 << 15) { part in
        loop(
          OptimizerPart(
            variables: targets.map { $0 + part.lowerBound }, grad: source + part.lowerBound, count: part.count))
      }
    }
  }
}

extension Call {
  /// The one float32 in an input; a step counter may be an int64.
  fileprivate func number(_ input: Int) throws -> Float {
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
