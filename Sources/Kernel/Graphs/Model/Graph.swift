import Bytes

/// The nodes of a graph, found by name.
///
/// The order of the nodes means nothing to TensorFlow; it is kept so that what is not changed is written as it was
/// read. Names are unique at all times. Whether inputs lead somewhere is checked by ``checkInputs()``, not at each
/// edit, so that edits may pass through states that are not whole.
///
/// Memory: the nodes and about 50 bytes a node.
public struct Graph: Equatable, Sendable {
  public private(set) var nodes: [Node] = []
  private var positions: [String: Int] = [:]
  /// `nil` when the file has none.
  public var versions: GraphVersions?
  /// The function library and what else belongs to the graph.
  package var other = OtherFields()

  public init() {}

  /// A graph of these nodes.
  ///
  /// - Throws: ``KernelError`` `.badData` when two have the same name or one has none.
  public init(_ nodes: [Node]) throws {
    self.nodes = nodes
    try index()
  }

  public static func == (a: Graph, b: Graph) -> Bool {
    a.nodes == b.nodes && a.versions == b.versions && a.other == b.other
  }

  private mutating func index() throws {
    positions.removeAll(keepingCapacity: true)
    positions.reserveCapacity(nodes.count)
    for (position, node) in nodes.enumerated() { try index(node, at: position) }
  }

  private mutating func index(_ node: Node, at position: Int) throws {
    guard !node.name.isEmpty else { throw KernelError(.badData, "", "node \(position) of the graph has no name") }
    guard positions.updateValue(position, forKey: node.name) == nil else {
      throw node.error("a second node has this name")
    }
  }

  /// The node of that name.
  public subscript(name: String) -> Node? { positions[name].map { nodes[$0] } }

  /// Where the node of that name is among ``nodes``.
  public func position(of name: String) -> Int? { positions[name] }

  public func contains(_ name: String) -> Bool { positions[name] != nil }

  /// The node of that name, which another part of the file mentions.
  ///
  /// - Throws: ``KernelError`` `.badData` when there is none; `user` says who asked.
  package func node(_ name: String, for user: String) throws -> Node {
    guard let node = self[name] else {
      throw KernelError(.badData, "", at: .node(name), "does not exist, but \(user) names it")
    }
    return node
  }

  /// Appends a node.
  ///
  /// - Throws: ``KernelError`` `.badData` when its name is taken.
  public mutating func insert(_ node: Node) throws {
    guard positions[node.name] == nil else { throw node.error("a node has this name already") }
    try index(node, at: nodes.count)
    nodes.append(node)
  }

  /// Appends nodes.
  public mutating func insert(_ nodes: [Node]) throws { for node in nodes { try insert(node) } }

  /// Changes the node of that name in place; it keeps its name.
  ///
  /// - Throws: ``KernelError`` `.badData` when there is none, and what `edit` throws.
  public mutating func update(_ name: String, _ edit: (inout Node) throws -> Void) throws {
    guard let position = positions[name] else {
      throw KernelError(.badData, "", at: .node(name), "does not exist")
    }
    try edit(&nodes[position])
    nodes[position].name = name
  }

  /// Changes every node in place, names too.
  ///
  /// - Throws: ``KernelError`` `.badData` when two nodes have the same name then, and what `edit` throws.
  package mutating func updateAll(_ edit: (inout Node) throws -> Void) throws {
    // On a copy, so that an edit that fails changes nothing.
    var result = self
    for position in result.nodes.indices { try edit(&result.nodes[position]) }
    try result.index()
    self = result
  }

  /// Keeps the nodes for which `isKept` holds; nothing is checked but what their names are.
  package mutating func filter(_ isKept: (Node) -> Bool) {
    nodes.removeAll { !isKept($0) }
    positions.removeAll(keepingCapacity: true)
    for (position, node) in nodes.enumerated() { positions[node.name] = position }
  }

  /// `name`, or with the least of `_1`, `_2`, … that makes it new, as TensorFlow does.
  public func uniqueName(_ name: String) -> String {
    guard contains(name) else { return name }
    var number = 1
    while contains("\(name)_\(number)") { number += 1 }
    return "\(name)_\(number)"
  }
}
