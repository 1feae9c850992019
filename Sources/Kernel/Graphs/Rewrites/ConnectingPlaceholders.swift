import Bytes

extension MetaGraph {
  /// Lets what takes the placeholders on the left take the tensors on the right instead; the placeholders stay.
  ///
  /// - Throws: ``KernelError`` `.badData` at a node that is no placeholder, or whose type or shape differs from the
  ///   other's, where that says what it is.
  public mutating func connect(_ placeholders: [Endpoint: Endpoint]) throws {
    for (placeholder, source) in placeholders.sorted(by: { $0.key.description < $1.key.description }) {
      let node = try graph.node(placeholder.node, for: "a connection")
      guard node.op == "Placeholder" || node.op == "PlaceholderWithDefault" || node.op == "PlaceholderV2" else {
        throw node.error("is a \(node.op.printable), not a placeholder")
      }
      let other = try graph.node(source.node, for: "a connection")
      if let type = node.attributes.type("dtype"), let given = other.attributes.type("dtype"), type != given {
        throw node.error("takes \(type), but \(source.description.printable) is \(given)")
      }
      if let shape = node.attributes.shape("shape"), let given = other.attributes.shape("shape"),
        !shape.isCompatible(with: given)
      {
        throw node.error("takes \(shape), but \(source.description.printable) is \(given)")
      }
    }
    try graph.redirect(placeholders)
  }

  /// Adds a placeholder.
  ///
  /// - Throws: ``KernelError`` `.badData` when a node has the name already.
  public mutating func addPlaceholder(_ name: String, _ type: TypeCode, _ shape: PartialShape) throws {
    try graph.insert(
      Node(name, "Placeholder", attributes: ["dtype": .type(type), "shape": .shape(shape)]))
  }
}
