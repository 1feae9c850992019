import Bytes
import Graphs
import Tensors

extension Operator {
  /// `VariableV2`, `VarHandleOp` and what reads and changes them.
  ///
  /// A variable gives out a handle; the session hands its value to every operator but those that ``references(_:)``
  /// says, at the time when the operator runs, as TensorFlow does.
  static let variables: [Operator] = [
    handle("Variable"), handle("VariableV2"), handle("VarHandleOp"),
    .plain("ReadVariableOp") { call in
      try call.expect(1)
      call.outputs = [try call.context.variables.value(of: try call.variable(0).node)]
    },
    Operator("Assign", isStateful: true) { _ in { call in try assign(&call) } },
    Operator("AssignVariableOp", isStateful: true) { _ in { call in try assign(&call) } },
    isInitialized("IsVariableInitialized"), isInitialized("VarIsInitializedOp"),
  ]

  private static func isInitialized(_ name: String) -> Operator {
    Operator(name, isStateful: true) { _ in
      { call in
        try call.expect(1)
        let result = try call.allocate(.bool, .scalar)
        let node = try call.variable(0).node
        result.mutableElements(UInt8.self)[0] = call.context.variables.hasValue(node) ? 1 : 0
        call.outputs = [result]
      }
    }
  }

  private static func handle(_ name: String) -> Operator {
    Operator(name) { node in
      let tensor = Tensor(handle: VariableHandle(node))
      return { call in call.outputs = [tensor] }
    }
  }

  /// How many of the operator's first inputs are variables themselves, not their values.
  static func references(_ op: String) -> Int {
    switch op {
    case "Assign", "AssignVariableOp", "ReadVariableOp", "ResourceGather", "IsVariableInitialized",
      "VarIsInitializedOp":
      1
    default: updateReferences[op] ?? 0
    }
  }

  /// The operators that change variables.
  static let updates: Set<String> = Set(updateReferences.keys).union(["Assign", "AssignVariableOp"])

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
