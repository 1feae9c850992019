import Bytes
import Graphs
import Tensors

extension Operator {
  /// `VariableV2`, `VarHandleOp` and what reads and changes them.
  ///
  /// A variable gives out a handle; the session hands its value to every operator but those that ``takesReference``
  /// says, at the time when the operator runs, as TensorFlow does.
  static let variables: [Operator] = [
    handle("Variable"), handle("VariableV2"), handle("VarHandleOp"),
    .plain("ReadVariableOp") { call in
      try call.expect(1)
      call.outputs = [try call.context.variables.value(of: try call.variable(0).node)]
    },
    Operator("Assign", isStateful: true) { _ in { call in try assign(&call) } },
    Operator("AssignVariableOp", isStateful: true) { _ in { call in try assign(&call) } },
  ]

  private static func handle(_ name: String) -> Operator {
    Operator(name) { node in
      let tensor = Tensor(handle: VariableHandle(node))
      return { call in call.outputs = [tensor] }
    }
  }

  /// Whether the operator wants the variable itself as its first input, not its value.
  static func takesReference(_ op: String) -> Bool {
    switch op {
    case "Assign", "AssignVariableOp", "ReadVariableOp", "ResourceGather": true
    default: false
    }
  }

  private static func assign(_ call: inout Call) throws {
    try call.expect(2)
    let variable = try call.variable(0)
    let declared = variable.node.attributes.type("dtype")?.dtype
    guard declared == nil || declared == call.inputs[1].dtype else {
      throw call.error("assigns \(call.inputs[1]) to a variable of \(declared?.name ?? "another type")")
    }
    call.context.variables.set(variable.node.name, call.inputs[1])
    call.outputs = [call.inputs[0]]
  }
}

extension Call {
  /// The variable that an input is.
  func variable(_ input: Int) throws -> VariableHandle {
    guard let variable = inputs[input].storage.object as? VariableHandle else {
      throw error("its input \(input) is \(inputs[input]), where a variable is expected")
    }
    return variable
  }
}
