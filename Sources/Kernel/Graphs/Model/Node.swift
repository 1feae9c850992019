import Bytes

/// One operation of a graph.
public struct Node: Equatable, Sendable {
  public var name: String
  /// The operator: `MatMul`, `VariableV2`, …
  public var op: String
  /// Data inputs in the operator's order, then control inputs.
  public var inputs: [NodeInput]
  public var device: String
  public var attributes: Attributes
  package var other = OtherFields()

  public init(
    _ name: String, _ op: String, _ inputs: [NodeInput] = [], device: String = "", attributes: Attributes = [:]
  ) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.device = device
    self.attributes = attributes
  }

  /// A node whose inputs are all tensors.
  public init(
    _ name: String, _ op: String, of endpoints: [Endpoint], device: String = "", attributes: Attributes = [:]
  ) {
    self.init(name, op, endpoints.map { .data($0) }, device: device, attributes: attributes)
  }

  /// A `Const` of that value.
  public init(_ name: String, constant value: TensorValue, device: String = "") {
    self.init(
      name, "Const", device: device,
      attributes: ["dtype": .type(TypeCode(value.dtype)), "value": .tensor(EncodedTensor(value))])
  }

  /// The tensors it takes, in order.
  public var dataInputs: [Endpoint] { inputs.compactMap(\.endpoint) }

  /// The names of the nodes that it asks to share a device with: `_class` without `loc:@`.
  public var colocations: [String] {
    (attributes.texts("_class") ?? []).filter { $0.hasPrefix("loc:@") }.map { String($0.dropFirst(5)) }
  }

  /// Replaces the colocations by `edit`'s answers; a `nil` takes one out, and `_class` goes with the last.
  package mutating func editColocations(_ edit: (String) -> String?) {
    guard let entries = attributes.texts("_class") else { return }
    let edited = entries.compactMap { entry in
      entry.hasPrefix("loc:@") ? edit(String(entry.dropFirst(5))).map { "loc:@" + $0 } : entry
    }
    guard edited != entries else { return }
    attributes["_class"] = edited.isEmpty ? nil : .texts(edited)
  }

  /// A complaint about this node.
  package func error(_ problem: String, hint: String? = nil) -> KernelError {
    KernelError(.badData, "", at: .node(name), problem, hint: hint)
  }

  /// Whether it holds a variable's state: `VariableV2` and `Variable` by reference, `VarHandleOp` as a resource.
  public var isVariable: Bool { isReferenceVariable || op == "VarHandleOp" }

  package var isReferenceVariable: Bool { op == "VariableV2" || op == "Variable" }
}
