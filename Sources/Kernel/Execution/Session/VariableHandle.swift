import Graphs

/// What a variable's node gives out: the variable itself, whose value is looked up when it is used.
final class VariableHandle: Sendable {
  let node: Node
  /// Whether operators that want a value get it without a node that reads (`VariableV2`, not `VarHandleOp`).
  let isReference: Bool

  init(_ node: Node) {
    self.node = node
    isReference = node.isReferenceVariable
  }
}
