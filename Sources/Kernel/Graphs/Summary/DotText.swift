extension MetaGraph {
  /// The graph as Graphviz draws it, a line at a time: what the predictions and signatures need, or all of it when there
  /// are none. Variables are boxes, placeholders are double circles, control inputs are dashed.
  ///
  /// - Throws: ``KernelError`` `.badData` when an input comes from nowhere, and what `line` throws.
  public func writeDot(_ line: (String) throws -> Void) throws {
    let roots = try GraphSummary(self).outputs.compactMap { Endpoint(parsing: $0.tensor)?.node }
    let names = try graph.ancestors(of: roots.isEmpty ? graph.nodes.map(\.name) : roots)
    try line("digraph model {")
    for node in graph.nodes where names.contains(node.name) {
      let shape = node.isVariable ? "box" : node.op == "Placeholder" ? "doublecircle" : "ellipse"
      let name = MetaGraph.quoted(node.name)
      try line("  \(name) [shape=\(shape), label=\(MetaGraph.quoted(node.op + "\n" + node.name))];")
      for input in node.inputs {
        let style = input.endpoint == nil ? " [style=dashed]" : ""
        try line("  \(MetaGraph.quoted(input.node)) -> \(name)\(style);")
      }
    }
    try line("}")
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
      }
    }
    return result + "\""
  }
}
