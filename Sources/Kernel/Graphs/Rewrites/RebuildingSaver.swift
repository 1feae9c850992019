import Bytes
import Tensors

extension MetaGraph {
  /// Removes all nodes that save and restore: each scope with such a node from which nothing else takes anything.
  ///
  /// - Returns: the scope of the saver that the definition names, `save` when there is none.
  /// - Throws: ``KernelError`` `.badData` at a node that takes something from the saver that the definition names.
  @discardableResult package mutating func removeSavers() throws -> String {
    let defined = saver.flatMap { Endpoint(parsing: $0.filenameTensor)?.node }.flatMap(MetaGraph.scope)
    var scopes = Set(
      graph.nodes.filter { MetaGraph.saverOperators.contains($0.op) }.compactMap { Self.scope($0.name) })
    if let defined { scopes.insert(defined) }
    func owner(_ name: String) -> String? {
      var scope = MetaGraph.scope(name)
      while let candidate = scope {
        if scopes.contains(candidate) { return candidate }
        scope = MetaGraph.scope(candidate)
      }
      return nil
    }
    for node in graph.nodes {
      let own = owner(node.name)
      // A scope that holds more than a saver is left alone.
      if let own, own != defined, node.isVariable { scopes.remove(own) }
      for input in node.inputs {
        if let scope = owner(input.node), scope != own, scope != defined { scopes.remove(scope) }
      }
    }
    try graph.remove(Set(graph.nodes.map(\.name).filter { owner($0) != nil }))
    collections["savers"] = nil
    return defined ?? "save"
  }

  private static let saverOperators: Set<String> = [
    "SaveV2", "RestoreV2", "MergeV2Checkpoints", "Save", "SaveSlices", "Restore", "RestoreSlice",
  ]

  /// `a/b` of `a/b/c`; `nil` for a name without a scope.
  private static func scope(_ name: String) -> String? {
    name.lastIndex(of: "/").map { String(name[..<$0]) }
  }

  /// Replaces all savers by a fresh one that saves and restores `variables`, in one file, in the newer format
  /// (specs: formats §8.2).
  ///
  /// - Throws: ``KernelError`` `.badData` when a variable's node or type is missing, or two have the same key and slice.
  public mutating func rebuildSaver(for variables: [GraphVariable]) throws {
    try wholly { try $0.replaceSaver(variables) }
  }

  private mutating func replaceSaver(_ variables: [GraphVariable]) throws {
    let scope = try removeSavers()
    var builder = SaverBuilder(
      scope: graph.nodes.contains { $0.name.hasPrefix(scope + "/") } ? "save_fresh" : scope)
    let variables = variables.sorted { ($0.key, $0.slice) < ($1.key, $1.slice) }
    for (first, second) in zip(variables, variables.dropFirst()) where first.key == second.key {
      guard first.slice != second.slice else {
        throw KernelError(
          .badData, "", at: .node(second.node),
          "would be saved as \(second.key.printable), like \(first.node.printable)")
      }
    }
    for variable in variables { try builder.add(variable, in: graph) }
    try graph.insert(builder.finish())
    var fresh = SaverDefinition(
      filenameTensor: builder.name("Const:0"), saveTensor: builder.name("control_dependency:0"),
      restoreNode: builder.name("restore_all"))
    fresh.checkpointsToKeep = saver?.checkpointsToKeep ?? fresh.checkpointsToKeep
    fresh.hoursBetweenKept = saver?.hoursBetweenKept ?? fresh.hoursBetweenKept
    saver = fresh
  }
}

/// The nodes of a saver, named as TensorFlow 1.15 names them.
private struct SaverBuilder {
  private let scope: String
  private var nodes: [Node] = []
  private var keys: [String] = []
  private var slices: [String] = []
  private var types: [TypeCode] = []
  private var saved: [Endpoint] = []
  private var assigned: [NodeInput] = []

  init(scope: String) { self.scope = scope }

  func name(_ name: String) -> String { scope + "/" + name }

  private func numbered(_ name: String, _ number: Int) -> String {
    self.name(number == 0 ? name : "\(name)_\(number)")
  }

  /// Saves and restores one more variable.
  mutating func add(_ variable: GraphVariable, in graph: Graph) throws {
    let node = try graph.node(variable.node, for: "the saver")
    guard let type = node.attributes.type("dtype"), node.isVariable else { throw node.error("is no variable") }
    let number = keys.count
    keys.append(variable.key)
    slices.append(variable.slice)
    types.append(type)
    let restored = Endpoint(name("RestoreV2"), number)
    let variable = Endpoint(node.name)
    if node.isReferenceVariable {
      saved.append(variable)
      assign(
        number, "Assign", [variable, restored],
        [
          "T": .type(type), "_class": .texts(["loc:@" + node.name]), "use_locking": .bool(true),
          "validate_shape": .bool(true),
        ])
    } else {
      let read = Endpoint(numbered("Read/ReadVariableOp", number))
      nodes.append(Node(read.node, "ReadVariableOp", of: [variable], attributes: ["dtype": .type(type)]))
      saved.append(read)
      let value = Endpoint(numbered("Identity", number))
      nodes.append(Node(value.node, "Identity", of: [restored], attributes: ["T": .type(type)]))
      assign(number, "AssignVariableOp", [variable, value], ["dtype": .type(type)])
    }
  }

  private mutating func assign(_ number: Int, _ op: String, _ inputs: [Endpoint], _ attributes: Attributes) {
    let name = numbered(op, number)
    nodes.append(Node(name, op, of: inputs, attributes: attributes))
    assigned.append(.control(name))
  }

  /// All nodes.
  func finish() -> [Node] {
    let string = AttributeValue.type(TypeCode(.string))
    let file = Endpoint(name("Const"))
    var result = [Node(name("filename/input"), constant: .string("model"))]
    for (own, input) in [("filename", "filename/input"), ("Const", "filename")] {
      result.append(
        Node(
          name(own), "PlaceholderWithDefault", of: [Endpoint(name(input))],
          attributes: ["dtype": string, "shape": .shape(.scalar)]))
    }
    let cpu = "/device:CPU:0"
    for (op, device) in [("SaveV2", ""), ("RestoreV2", cpu)] {
      result.append(Node(name(op + "/tensor_names"), constant: .strings(keys), device: device))
      result.append(Node(name(op + "/shape_and_slices"), constant: .strings(slices), device: device))
    }
    func inputs(_ op: String) -> [Endpoint] {
      [file, Endpoint(name(op + "/tensor_names")), Endpoint(name(op + "/shape_and_slices"))]
    }
    let dtypes: Attributes = ["dtypes": .list(types.isEmpty ? .empty : .types(types))]
    result.append(Node(name("SaveV2"), "SaveV2", of: inputs("SaveV2") + saved, attributes: dtypes))
    result.append(
      Node(
        name("control_dependency"), "Identity", [.data(file), .control(name("SaveV2"))],
        attributes: ["T": string, "_class": .texts(["loc:@" + file.node])]))
    result.append(Node(name("RestoreV2"), "RestoreV2", of: inputs("RestoreV2"), device: cpu, attributes: dtypes))
    return result + nodes + [Node(name("restore_all"), "NoOp", assigned)]
  }
}
