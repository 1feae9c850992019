import Graphs

/// An operator that a graph needs and that cannot be run.
public struct MissingOperator: Sendable, Equatable {
  public let name: String
  /// The nodes that use it, in the order of the graph.
  public let nodes: [String]

  /// Those that the predictions and signatures need, or the whole graph when it has neither; by name.
  ///
  /// - Throws: ``KernelError`` `.badData` when an input comes from nowhere.
  public static func all(in meta: MetaGraph) throws -> [MissingOperator] {
    let roots = try GraphSummary(meta).outputs.compactMap { Endpoint(parsing: $0.tensor)?.node }
    let needed = roots.isEmpty ? nil : try meta.graph.ancestors(of: roots)
    var users: [String: [String]] = [:]
    for node in meta.graph.nodes where needed?.contains(node.name) ?? true {
      // What is fed needs no operator.
      if node.op == "Placeholder" || Operator.canRun(node.op) { continue }
      users[node.op, default: []].append(node.name)
    }
    return users.sorted { $0.key < $1.key }.map { MissingOperator(name: $0.key, nodes: $0.value) }
  }
}
