import Bytes

extension MetaGraph {
  /// The tensors and operations that a collection names; none when it does not exist or is of another kind.
  public func names(in collection: String) -> [String] {
    if case .names(let names) = collections[collection] { names } else { [] }
  }

  /// The one tensor that a collection names, as `predictions` or `input_batch_raw` do.
  ///
  /// - Throws: ``KernelError`` `.badData` when it names none or several, or a node that does not exist.
  public func tensor(in collection: String) throws -> Endpoint {
    let names = names(in: collection)
    guard names.count == 1, let tensor = Endpoint(parsing: names[0]) else {
      let found = collections.names.sorted().joined(separator: ", ").printable
      throw KernelError(
        .badData, "", "collection \(collection.printable) names \(names.count) tensors where one is expected",
        hint: found.isEmpty ? nil : "there are \(found)")
    }
    _ = try graph.node(tensor.node, for: "collection \(collection)")
    return tensor
  }

  /// Takes names of nodes that do not exist out of collections, and with the last name the collection; so too
  /// definitions of variables, and signatures that mention such a node.
  ///
  /// Collections of loops, conditionals, queue runners and savers go when they may mention such a node, since TensorFlow
  /// refuses to import what they name in vain; nothing runs differently without them.
  ///
  /// - Throws: ``KernelError`` `.badData` when a collection of variables holds something else.
  package mutating func removeDeadNames() throws {
    let graph = graph
    func isAlive(_ name: String) -> Bool {
      let plain = name.hasPrefix("^") ? String(name.dropFirst()) : name
      return Endpoint(parsing: plain).map { graph.contains($0.node) } ?? false
    }
    collections.edit { name, collection in
      switch collection {
      case .names(let names):
        let alive = names.filter(isAlive)
        return alive.isEmpty && !names.isEmpty ? nil : .names(alive)
      case .bytes:
        return ["while_context", "cond_context", "queue_runners", "savers"].contains(name) ? nil : collection
      default: return collection
      }
    }
    try editVariableDefinitions { definition, _ in graph.contains(definition.node) ? [definition] : [] }
    signatures.edit { _, signature in
      let tensors = signature.inputs.entries + signature.outputs.entries
      return tensors.allSatisfy { $0.value.name.map(isAlive) ?? true } ? signature : nil
    }
  }

  /// Lets collections and signatures name the tensors on the right instead of those on the left.
  package mutating func redirectNames(_ tensors: [Endpoint: Endpoint]) {
    func redirected(_ name: String) -> String {
      Endpoint(parsing: name).flatMap { name.contains(":") ? tensors[$0]?.tensorName : nil } ?? name
    }
    collections.edit { _, collection in
      if case .names(let names) = collection { .names(names.map(redirected)) } else { collection }
    }
    signatures.edit { _, signature in
      var signature = signature
      signature.inputs.edit { _, tensor in
        var tensor = tensor
        tensor.name = tensor.name.map(redirected)
        return tensor
      }
      signature.outputs.edit { _, tensor in
        var tensor = tensor
        tensor.name = tensor.name.map(redirected)
        return tensor
      }
      return signature
    }
  }
}
