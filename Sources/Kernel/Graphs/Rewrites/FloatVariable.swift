import Bytes
import Tensors

/// A float32 variable that can be stored in another way, and the nodes that read it.
struct FloatVariable {
  let node: Node
  let shape: Shape
  /// `Identity` of a reference, `ReadVariableOp` of a resource.
  private(set) var reads: [Node] = []
  /// What carries a resource into loops, outer loops first.
  private(set) var enters: [Node] = []
  /// The reads inside loops, and the node that carries the resource to each.
  private(set) var carriedReads: [(read: Node, enter: String)] = []

  /// - Throws: ``KernelError`` `.badData` when it is no float32 variable of known shape, or is used in other ways than
  ///   being read and initialized.
  init(_ name: String, _ graph: Graph, _ consumers: Consumers) throws {
    node = try graph.node(name, for: "a replacement")
    guard node.isVariable, node.attributes.type("dtype") == TypeCode(.float32) else {
      throw node.error("is no float32 variable")
    }
    guard let shape = node.attributes.shape("shape")?.shape else { throw node.error("is of unknown shape") }
    self.shape = shape
    var carriers: [Node?] = [nil]
    while let carrier = carriers.popLast() {
      let source = carrier ?? node
      for consumer in consumers.nodes(using: source.name) where consumer.dataInputs.contains(Endpoint(source.name))
      {
        switch consumer.op {
        case node.isReferenceVariable ? "Identity" : "ReadVariableOp":
          if let carrier { carriedReads.append((consumer, carrier.name)) } else { reads.append(consumer) }
        case "Enter" where !node.isReferenceVariable && consumer.attributes.bool("is_constant") == true:
          // A loop of graphs that are not sound may lead back to where it came from.
          guard !enters.contains(where: { $0.name == consumer.name }) else {
            throw consumer.error("its inputs depend on itself")
          }
          enters.append(consumer)
          carriers.append(consumer)
        case "Assign", "AssignVariableOp", "IsVariableInitialized", "VarIsInitializedOp": break
        default:
          throw node.error(
            "is also used by \(consumer.name.printable), a \(consumer.op.printable)",
            hint: "keep only what predictions need first")
        }
      }
    }
  }
}

extension MetaGraph {
  /// Lets `enter` carry a float32 tensor into its loop instead of a resource.
  mutating func carry(_ tensor: Endpoint, into enter: Node) throws {
    try graph.update(enter.name) { node in node.inputs[0] = .data(tensor) }
  }

  /// Lets the reads of `variable` inside loops pass on what is carried there now, a tensor instead of a resource.
  mutating func passOnReads(of variable: FloatVariable) throws {
    for enter in variable.enters {
      try graph.update(enter.name) { node in
        node.attributes["T"] = .type(TypeCode(.float32))
        node.attributes["_output_shapes"] = nil
      }
    }
    for (read, enter) in variable.carriedReads {
      try graph.update(read.name) { node in
        node = Node(
          read.name, "Identity", [.data(Endpoint(enter))] + read.inputs.filter { $0.endpoint == nil },
          device: read.device, attributes: ["T": .type(TypeCode(.float32))])
      }
    }
  }
}
