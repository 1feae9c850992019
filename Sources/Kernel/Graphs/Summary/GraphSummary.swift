import Tensors

/// What a graph is for and how large it is.
public struct GraphSummary: Sendable {
  /// A tensor that goes in or comes out.
  public struct Port: Equatable, Sendable {
    public var tensor: String
    /// `nil` when the graph does not say.
    public var type: TypeCode?
    public var shape: PartialShape?
    /// The collections and signatures that name it.
    public var roles: [String]
  }

  /// The variables below one name.
  public struct Scope: Equatable, Sendable {
    public var name: String
    public var variableCount = 0
    /// Numbers in them; variables of unknown shape count as none.
    public var parameterCount = 0
    public var byteCount = 0
  }

  public var nodeCount: Int
  /// Empty when the file does not say.
  public var tensorflowVersion: String
  /// The placeholders that must be fed, and what signatures take, by name.
  public var inputs: [Port]
  /// What the collection `predictions` and signatures name, by name.
  public var outputs: [Port]
  /// Operators and how many nodes have them, the most frequent first.
  public var operators: [(name: String, count: Int)]
  /// The variables that are saved, by the first parts of their names.
  public var scopes: [Scope]

  /// - Parameter depth: the parts of a name that make a scope.
  /// - Throws: ``KernelError`` `.badData` when the graph's variables or saver are damaged.
  public init(_ meta: MetaGraph, depth: Int = 2) throws {
    nodeCount = meta.graph.nodes.count
    tensorflowVersion = meta.info?.tensorflowVersion ?? ""
    let roles = Roles(meta)
    let placeholders = meta.graph.nodes.filter { $0.op == "Placeholder" }.map { Endpoint($0.name) }
    inputs = roles.ports(Set(placeholders).union(roles.inputs), meta.graph)
    outputs = roles.ports(roles.outputs, meta.graph)
    operators = Dictionary(grouping: meta.graph.nodes, by: \.op).map { ($0.key, $0.value.count) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    scopes = GraphSummary.scopes(try meta.variables(), depth: depth)
  }

  private static func scopes(_ variables: [GraphVariable], depth: Int) -> [Scope] {
    var scopes: [String: Scope] = [:]
    for variable in variables where variable.isSaved {
      let parts = variable.node.split(separator: "/").dropLast().prefix(depth)
      let name = parts.joined(separator: "/")
      var scope = scopes[name] ?? Scope(name: name)
      scope.variableCount += 1
      if let shape = variable.shape.shape, let dtype = variable.type.dtype {
        let (count, overflow) = scope.parameterCount.addingReportingOverflow(shape.elementCount)
        scope.parameterCount = overflow ? .max : count
        let (bytes, beyond) = scope.byteCount.addingReportingOverflow(shape.byteCount(of: dtype) ?? 0)
        scope.byteCount = beyond ? .max : bytes
      }
      scopes[name] = scope
    }
    return scopes.values.sorted { $0.name < $1.name }
  }
}

/// Who names which tensor.
private struct Roles {
  private var names: [Endpoint: [String]] = [:]
  private(set) var inputs: Set<Endpoint> = []
  private(set) var outputs: Set<Endpoint> = []

  init(_ meta: MetaGraph) {
    for entry in meta.collections.entries {
      guard case .names(let tensors) = entry.value else { continue }
      for tensor in tensors.compactMap(Endpoint.init(parsing:)) {
        if names[tensor, default: []].last != entry.name { names[tensor, default: []].append(entry.name) }
        if entry.name == "predictions" { outputs.insert(tensor) }
      }
    }
    for entry in meta.signatures.entries {
      for (ports, isInput) in [(entry.value.inputs, true), (entry.value.outputs, false)] {
        for port in ports.entries {
          guard let tensor = port.value.name.flatMap(Endpoint.init(parsing:)) else { continue }
          names[tensor, default: []].append("\(entry.name).\(port.name)")
          if isInput { inputs.insert(tensor) } else { outputs.insert(tensor) }
        }
      }
    }
  }

  func ports(_ tensors: Set<Endpoint>, _ graph: Graph) -> [GraphSummary.Port] {
    tensors.map { tensor in
      let attributes = graph[tensor.node]?.attributes ?? [:]
      var shape = attributes.shape("shape")
      if case .list(.shapes(let shapes)) = attributes["_output_shapes"] {
        shape = shapes[safe: tensor.output] ?? shape
      }
      return GraphSummary.Port(
        tensor: tensor.tensorName, type: attributes.type("dtype") ?? attributes.type("T"), shape: shape,
        roles: (names[tensor] ?? []).sorted())
    }.sorted { $0.tensor < $1.tensor }
  }
}
