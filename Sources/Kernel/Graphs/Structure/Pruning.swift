import Bytes

extension Graph {
  /// The names of all nodes that `roots` need, data and control, themselves included.
  ///
  /// - Parameter fed: nodes whose values are given, so that what they need is not needed.
  /// - Throws: ``KernelError`` `.badData` when a root does not exist, or at a node with an input from nowhere.
  public func ancestors(of roots: some Sequence<String>, feeding fed: Set<String> = []) throws -> Set<String> {
    var needed: Set<String> = []
    var pending: [Node] = []
    for root in roots where needed.insert(root).inserted {
      guard let node = self[root] else {
        throw KernelError(.badData, "", at: .node(root), "does not exist in the graph")
      }
      pending.append(node)
    }
    while let node = pending.popLast() {
      if fed.contains(node.name) { continue }
      for input in node.inputs where needed.insert(input.node).inserted {
        guard let source = self[input.node] else {
          throw node.error("its input \(input.description.printable) comes from no node of the graph")
        }
        pending.append(source)
      }
    }
    return needed
  }

  /// Keeps the nodes with these names; colocations with what goes are taken out.
  package mutating func keep(_ names: Set<String>) throws {
    filter { names.contains($0.name) }
    try updateAll { node in node.editColocations { names.contains($0) ? $0 : nil } }
  }

  /// Keeps what `fetches` need, data and control.
  ///
  /// - Throws: as ``ancestors(of:feeding:)``.
  public mutating func prune(to fetches: some Sequence<String>) throws {
    try keep(try ancestors(of: fetches))
  }

  /// Removes nodes; colocations with them are taken out.
  ///
  /// - Throws: ``KernelError`` `.badData` at a node that stays and takes input from one that goes.
  public mutating func remove(_ names: Set<String>) throws {
    for node in nodes where !names.contains(node.name) {
      guard let input = node.inputs.first(where: { names.contains($0.node) }) else { continue }
      throw node.error("needs \(input.description.printable), which is to be removed")
    }
    filter { !names.contains($0.name) }
    try updateAll { node in node.editColocations { names.contains($0) ? nil : $0 } }
  }

  /// Gives nodes new names, everywhere in the graph.
  ///
  /// - Throws: ``KernelError`` `.badData` when a node does not exist or a new name is taken.
  public mutating func rename(_ names: [String: String]) throws {
    for name in names.keys.sorted() where !contains(name) {
      throw KernelError(.badData, "", at: .node(name), "does not exist in the graph")
    }
    try renameNodes { names[$0] ?? $0 }
  }

  /// Gives every node the name that `rename` says, everywhere in the graph.
  package mutating func renameNodes(_ rename: (String) -> String) throws {
    try updateAll { node in
      node.name = rename(node.name)
      node.inputs = node.inputs.map { input in
        switch input {
        case .data(let endpoint): .data(Endpoint(rename(endpoint.node), endpoint.output))
        case .control(let name): .control(rename(name))
        }
      }
      node.editColocations { rename($0) }
    }
  }

  /// Lets consumers of the tensors on the left take those on the right instead.
  ///
  /// - Parameter kept: nodes whose inputs stay as they are.
  /// - Throws: ``KernelError`` `.badData` when a tensor's node does not exist.
  public mutating func redirect(_ tensors: [Endpoint: Endpoint], except kept: Set<String> = []) throws {
    for node in tensors.flatMap({ [$0.key.node, $0.value.node] }).sorted() where !contains(node) {
      throw KernelError(.badData, "", at: .node(node), "does not exist in the graph")
    }
    try updateAll { node in
      guard !kept.contains(node.name) else { return }
      for (position, input) in node.inputs.enumerated() {
        if case .data(let endpoint) = input, let new = tensors[endpoint] { node.inputs[position] = .data(new) }
      }
    }
  }
}
