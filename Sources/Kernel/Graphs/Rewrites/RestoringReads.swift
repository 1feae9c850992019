import Bytes
import Tensors

/// A float32 variable that takes the place of narrower storage again.
package struct RestoredVariable: Sendable {
  /// The variable, saved under its own name.
  package let variable: GraphVariable
  package let shape: Shape
  package let storage: ReadReplacement.Storage
  /// What held the narrow numbers or the codes; and the codebook, if there was one.
  package let stored: [GraphVariable]
}

extension MetaGraph {
  /// Undoes ``replaceReads(_:keepingOriginals:)``, also where the reference's program did that, and under any scope:
  /// variables saved as `X_quants` with `X_space`, or as `Xfloat16`, become float32 variables `X` again, and what
  /// decoded them goes. An original `X` that was left in the graph is used again.
  ///
  /// - Returns: what became of them, by name.
  /// - Throws: ``KernelError`` `.badData` at a stored variable that nothing decodes.
  package mutating func restoreReads() throws -> [RestoredVariable] {
    try wholly { try $0.restore() }
  }

  private mutating func restore() throws -> [RestoredVariable] {
    let saved = try saver == nil ? variables() : savedVariables()
    let found = try narrowStorage(among: saved)
    guard !found.isEmpty else { return [] }
    try removeSavers()
    var restored: [RestoredVariable] = []
    var redirected: [Endpoint: Endpoint] = [:]
    for item in found {
      let read = try floatVariable(item.name, item.shape, device: graph[item.stored[0].node]?.device ?? "")
      for end in item.ends { redirected[Endpoint(end)] = read.read }
      restored.append(
        RestoredVariable(variable: read.variable, shape: item.shape, storage: item.storage, stored: item.stored))
    }
    try graph.redirect(redirected)
    redirectNames(redirected)
    try askForValues(of: restored)
    try removeDecoders(of: Set(found.flatMap { $0.stored.map(\.node) }))
    info?.removeOperatorList()
    let gone = Set(found.flatMap { $0.stored.map(\.node) })
    if saver != nil { try rebuildSaver(for: saved.filter { !gone.contains($0.node) } + restored.map(\.variable)) }
    return restored
  }

  private struct NarrowStorage {
    let name: String
    let shape: Shape
    let storage: ReadReplacement.Storage
    let stored: [GraphVariable]
    /// The nodes whose first output is the float32 value.
    var ends: [String]
  }

  /// What is stored narrowly and read through nodes that make it float32.
  private func narrowStorage(among saved: [GraphVariable]) throws -> [NarrowStorage] {
    let consumers = graph.consumers()
    let byNode = Dictionary(saved.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    func reads(_ name: String) -> [Node] {
      consumers.nodes(using: name).filter { $0.op == "Identity" || $0.op == "ReadVariableOp" }
    }
    func users(_ name: String, _ ops: Set<String>, input: Int) -> [Node] {
      reads(name).flatMap { read in
        consumers.nodes(using: read.name).filter {
          ops.contains($0.op) && $0.dataInputs[safe: input] == Endpoint(read.name)
        }
      }
    }
    return try saved.sorted { $0.node < $1.node }.compactMap { variable in
      let name = variable.node
      if name.hasSuffix("_quants"), variable.type.dtype == .uint8 {
        let original = String(name.dropLast("_quants".count))
        guard let codebook = byNode[original + "_space"], let count = codebook.shape.shape?.elementCount else {
          return nil
        }
        var storage = ReadReplacement.Storage.codebook(count)
        var shape = variable.shape.shape
        let ends = try users(codebook.node, ["GatherV2", "Gather"], input: 0).map { gather in
          guard gather.name.hasPrefix(original + "_unpack"), gather.name.hasSuffix("/values") else {
            return gather.name
          }
          let end = try graph.node(String(gather.name.dropLast("/values".count)), for: gather.name)
          guard end.op == "Reshape", let extents = end.dataInputs[safe: 1].flatMap({ graph[$0.node] }),
            let value = try extents.attributes.tensor("value")?.decoded(of: extents.name).integers
          else { throw end.error("is no Reshape to a shape that is known") }
          shape = Shape(value)
          storage = .packed(count.trailingZeroBitCount)
          return end.name
        }
        guard !ends.isEmpty, let shape else {
          throw try graph.node(name, for: "its codes").error("holds codes that nothing decodes")
        }
        return NarrowStorage(
          name: original, shape: shape, storage: storage, stored: [variable, codebook], ends: ends)
      }
      guard let dtype = variable.type.dtype, dtype == .half || dtype == .bfloat16, name.hasSuffix(dtype.name),
        let shape = variable.shape.shape
      else { return nil }
      let ends = users(name, ["Cast"], input: 0).filter { $0.attributes.type("DstT") == TypeCode(.float32) }
      guard !ends.isEmpty else { return nil }
      return NarrowStorage(
        name: String(name.dropLast(dtype.name.count)), shape: shape, storage: .narrow(dtype), stored: [variable],
        ends: ends.map(\.name))
    }
  }

  /// The float32 variable of that name, the one that is in the graph or a new one, and the tensor to read.
  private mutating func floatVariable(
    _ name: String, _ shape: Shape, device: String
  ) throws -> (variable: GraphVariable, read: Endpoint) {
    guard let node = graph[name] else {
      return (try addVariable(name, .float32, shape, device: device), Endpoint(name + "/read"))
    }
    guard node.isVariable, node.attributes.type("dtype") == TypeCode(.float32),
      node.attributes.shape("shape") == PartialShape(shape),
      let read = graph.consumers().nodes(using: name).first(where: {
        $0.op == (node.isReferenceVariable ? "Identity" : "ReadVariableOp")
          && $0.dataInputs.first == Endpoint(name)
      })
    else { throw node.error("is not the float32 variable of shape \(shape) that was quantized") }
    return (
      GraphVariable(
        node: name, key: name, slice: "", type: TypeCode(.float32), shape: PartialShape(shape),
        isResource: !node.isReferenceVariable, isSaved: true), Endpoint(read.name)
    )
  }

  /// Who asks whether what was stored has a value asks the variable that takes its place.
  private mutating func askForValues(of restored: [RestoredVariable]) throws {
    let successors = Dictionary(
      restored.flatMap { item in item.stored.map { ($0.node, item.variable) } },
      uniquingKeysWith: { first, _ in first })
    try graph.updateAll { node in
      guard node.op == "IsVariableInitialized",
        let variable = node.dataInputs.first.flatMap({ successors[$0.node] })
      else { return }
      node.inputs[0] = .data(Endpoint(variable.node))
      node.op = variable.isResource ? "VarIsInitializedOp" : node.op
      node.attributes["dtype"] = variable.isResource ? nil : .type(TypeCode(.float32))
    }
  }

  /// Removes variables, all that takes something from them, and what only that took.
  private mutating func removeDecoders(of variables: Set<String>) throws {
    try editVariableDefinitions { definition, _ in variables.contains(definition.node) ? [] : [definition] }
    // Groups such as `init` wait for initializers that go.
    let consumers = graph.consumers()
    var dead = variables
    var pending = Array(variables)
    while let name = pending.popLast() {
      for node in consumers.nodes(using: name) where node.op != "NoOp" && dead.insert(node.name).inserted {
        pending.append(node.name)
      }
    }
    pending = Array(dead)
    while let name = pending.popLast() {
      for input in graph[name]?.inputs ?? [] where !dead.contains(input.node) {
        guard let source = graph[input.node], !source.isVariable, source.op != "Placeholder",
          consumers.nodes(using: source.name).allSatisfy({ dead.contains($0.name) })
        else { continue }
        dead.insert(source.name)
        pending.append(source.name)
      }
    }
    try graph.updateAll { node in
      if node.op == "NoOp" { node.inputs.removeAll { dead.contains($0.node) } }
    }
    try graph.remove(dead)
    try removeDeadNames()
  }
}
