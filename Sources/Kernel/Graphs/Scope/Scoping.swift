import Bytes

extension MetaGraph {
  /// The same model with every name under `scope/`, as `tf.train.import_meta_graph(import_scope=…)` makes it, and safe
  /// to put beside others (specs: formats §8.3, §9.3).
  ///
  /// New names get: nodes, their inputs, colocations; collections with names, variables, loops, conditionals, queue
  /// runners, savers; the saver; signatures. Beyond what TensorFlow does: resources that would be shared by name with
  /// those of another graph (`shared_name`), and the frames of all loops. The names that the saver reads from a
  /// checkpoint stay as they are.
  ///
  /// - Parameter shared: nodes that keep their names, such as placeholders that several models will be fed through.
  /// - Throws: ``KernelError`` `.usage` when `scope` is no name, `.badData` when a collection holds something else than
  ///   its name says.
  public func scoped(under scope: String, sharing shared: Set<String> = []) throws -> MetaGraph {
    guard MetaGraph.isScope(scope) else {
      throw KernelError(
        .usage, "", "'\(scope.printable)' is not a name for a scope",
        hint: "letters, digits and _ . - /, beginning with a letter, a digit or a dot")
    }
    let prefixed = { (name: String) in scope + "/" + name }
    var result = try renamed(
      NameEdit(node: { shared.contains($0) ? $0 : prefixed($0) }, scope: prefixed))
    try result.graph.updateAll { node in
      if node.op == "Enter" || node.op == "RefEnter", let frame = node.attributes.bytes("frame_name") {
        node.attributes["frame_name"] = .bytes(Array(scope.utf8) + [UInt8(ascii: "/")] + frame)
      }
      if let name = node.attributes.bytes("shared_name"), !name.isEmpty, !shared.contains(node.name) {
        node.attributes["shared_name"] = .bytes(Array(scope.utf8) + [UInt8(ascii: "/")] + name)
      }
    }
    return result
  }

  /// The same model with other names for some nodes, everywhere.
  ///
  /// - Throws: ``KernelError`` `.badData` when a node does not exist, or a new name is taken.
  public func renamingNodes(_ names: [String: String]) throws -> MetaGraph {
    for name in names.keys.sorted() { _ = try graph.node(name, for: "a renaming") }
    return try renamed(NameEdit(node: { names[$0] ?? $0 }, scope: { $0 }))
  }

  private func renamed(_ edit: NameEdit) throws -> MetaGraph {
    var result = self
    try result.graph.renameNodes(edit.node)
    result.saver = saver.map(edit.saver)
    result.signatures.edit { _, signature in edit.signature(signature) }
    try result.collections.edit { name, collection in
      switch collection {
      case .names(let names): .names(names.map(edit.reference))
      case .bytes(let items) where !VariableDefinition.collections.contains(name):
        .bytes(try items.map { try edit.message($0, in: name) })
      default: collection
      }
    }
    try result.editVariableDefinitions { definition, _ in [edit.variable(definition)] }
    return result
  }

  /// `[A-Za-z0-9.][A-Za-z0-9_.\-/]*`, what TensorFlow allows.
  private static func isScope(_ scope: String) -> Bool {
    let isLetterOrDigit = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
    guard let first = scope.utf8.first, isLetterOrDigit(first) || first == UInt8(ascii: "."),
      scope.utf8.last != UInt8(ascii: "/")
    else { return false }
    return scope.utf8.allSatisfy { isLetterOrDigit($0) || "_.-/".utf8.contains($0) }
  }
}
