import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Numbers added to a variable, or taken from it, in its own memory: variable, value of the same shape.
  static let increments: [Operator] = [
    increment("AssignAdd", .add), increment("AssignSub", .subtract),
    increment("AssignAddVariableOp", .add), increment("AssignSubVariableOp", .subtract),
  ]

  private static func increment(_ name: String, _ change: Increment) -> Operator {
    Operator(name, isStateful: true) { _ in
      { call in
        try call.expect(2)
        let value = call.inputs[1]
        try call.update(1) { variables in
          let variable = variables[0]
          guard variable.dtype == value.dtype, variable.shape == value.shape else {
            throw call.error("changes a variable \(variable) by \(value)")
          }
          guard change.apply(variable, value, call.threads) else { throw call.unsupported() }
        }
        call.outputs = [call.inputs[0]]
      }
    }
  }

  /// Of each operator that changes a variable by its value, how many of its first inputs are variables.
  static let updateReferences: [String: Int] = [
    "AssignAdd": 1, "AssignSub": 1, "AssignAddVariableOp": 1, "AssignSubVariableOp": 1,
  ].merging(OptimizerRule.references) { first, _ in first }
}

private enum Increment {
  case add, subtract

  /// Whether elements of that type can be added.
  func apply(_ variable: Tensor, _ value: Tensor, _ threads: ThreadTeam) -> Bool {
    switch variable.dtype {
    case .float32:
      let (to, from) = (variable.mutableFloats, value.floats)
      guard let target = to.baseAddress, let source = from.baseAddress else { return true }
      let loop = self == .add ? ck_add : ck_subtract
      threads.split(to.count, grain: 1 << 15) { part in
        let start = target + part.lowerBound
        loop(start, start, 1, source + part.lowerBound, 1, part.count)
      }
    case .float64: real(variable.mutableElements(Double.self), value.elements(Double.self))
    case .int32: integer(variable.mutableElements(Int32.self), value.elements(Int32.self))
    case .int64: integer(variable.mutableElements(Int64.self), value.elements(Int64.self))
    default: return false
    }
    return true
  }

  private func real(_ to: UnsafeMutableBufferPointer<Double>, _ from: UnsafeBufferPointer<Double>) {
    for index in to.indices { to[index] += self == .add ? from[index] : -from[index] }
  }

  private func integer<T: FixedWidthInteger>(_ to: UnsafeMutableBufferPointer<T>, _ from: UnsafeBufferPointer<T>) {
    for index in to.indices { to[index] = self == .add ? to[index] &+ from[index] : to[index] &- from[index] }
  }
}

extension Call {
  /// Lets `change` write into the values of the variables that the first inputs are.
  func update(_ count: Int, _ change: ([Tensor]) throws -> Void) throws {
    let nodes = try (0..<count).map { try variable($0).node }
    do { try context.variables.update(nodes, context, change) } catch var error as KernelError {
      // A variable that has no value says so itself.
      if error.place == nil, error.source.isEmpty { error.place = .node(node.name) }
      throw error
    }
  }
}
