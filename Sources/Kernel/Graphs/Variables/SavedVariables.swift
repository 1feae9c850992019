import Bytes
import Tensors

/// A variable of a graph, and where its value is in a checkpoint.
public struct GraphVariable: Equatable, Sendable {
  /// The name of its node.
  public var node: String
  /// The tensor's name in the checkpoint.
  public var key: String
  /// The part of that tensor, as a saver writes it (`10 3 0,5:0,3`); empty for all of it.
  public var slice: String
  public var type: TypeCode
  public var shape: PartialShape
  /// Whether it is a `VarHandleOp`; else it is a reference.
  public var isResource: Bool
  /// Whether the graph's saver restores it; true for all when there is no saver.
  public var isSaved: Bool
}

extension MetaGraph {
  /// The variables of the `variables` collection and those that only the saver knows, in this order.
  ///
  /// Where the saver restores a variable, it says from which key; else the key is what a new saver would choose: the
  /// node's name, or the whole's name for a part.
  ///
  /// - Throws: ``KernelError`` `.badData` when a variable's node is missing, or the saver's nodes are not what a saver
  ///   is made of.
  public func variables() throws -> [GraphVariable] {
    let saved = try savedVariables()
    var byNode = Dictionary(saved.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    var variables: [GraphVariable] = []
    var seen: Set<String> = []
    for definition in try variableDefinitions() {
      let node = try graph.node(definition.node, for: "the collection of variables")
      if let known = byNode.removeValue(forKey: node.name) {
        seen.insert(node.name)
        variables.append(known)
      } else if seen.insert(node.name).inserted {
        variables.append(
          GraphVariable(
            node, key: definition.slice?.fullName ?? node.name, slice: definition.slice?.specification ?? "",
            isSaved: saver == nil))
      }
    }
    return variables + saved.filter { byNode[$0.node] != nil }
  }

  /// What the saver restores, by key and slice: the truth about which checkpoint belongs to the graph.
  ///
  /// Found by walking from the saver's restore node through what it waits for to each `Assign` or `AssignVariableOp`,
  /// whose value leads to an output of a `RestoreV2` (or an old `RestoreSlice` or `Restore`).
  ///
  /// - Throws: ``KernelError`` `.badData` when the nodes are not what a saver is made of.
  public func savedVariables() throws -> [GraphVariable] {
    guard let saver, !saver.restoreNode.isEmpty else { return [] }
    let root = Endpoint(parsing: saver.restoreNode)?.node ?? saver.restoreNode
    _ = try graph.node(root, for: "the saver")
    var restores: [String: RestoreNames] = [:]
    var variables: [GraphVariable] = []
    // In the order of the graph, so that the result does not depend on that of a set.
    let names = try graph.ancestors(of: [root])
    for assign in graph.nodes where names.contains(assign.name) {
      guard assign.op == "Assign" || assign.op == "AssignVariableOp", assign.dataInputs.count >= 2 else { continue }
      guard let source = try restoreSource(of: assign.dataInputs[1]) else { continue }
      let node = try graph.node(assign.dataInputs[0].node, for: assign.name)
      guard node.isVariable else { throw assign.error("restores \(node.name.printable), which is no variable") }
      let restore = try graph.node(source.node, for: assign.name)
      let strings = try restores[restore.name] ?? RestoreNames(restore, in: graph)
      restores[restore.name] = strings
      guard let key = strings.keys[safe: source.output], let slice = strings.slices[safe: source.output] else {
        throw assign.error("takes output \(source.output) of \(restore.name.printable), which has no such name")
      }
      variables.append(GraphVariable(node, key: key, slice: slice, isSaved: true))
    }
    return variables.sorted { ($0.key, $0.slice, $0.node) < ($1.key, $1.slice, $1.node) }
  }

  /// The output of a restoring node that `endpoint` passes on; `nil` when it comes from something else.
  private func restoreSource(of endpoint: Endpoint) throws -> Endpoint? {
    var endpoint = endpoint
    for _ in 0..<8 {
      let node = try graph.node(endpoint.node, for: "the saver")
      switch node.op {
      case "RestoreV2", "RestoreSlice", "Restore": return endpoint
      case "Identity", "Reshape", "Cast":
        guard let next = node.dataInputs.first else { return nil }
        endpoint = next
      default: return nil
      }
    }
    return nil
  }
}

extension GraphVariable {
  fileprivate init(_ node: Node, key: String, slice: String, isSaved: Bool) {
    self.init(
      node: node.name, key: key, slice: slice, type: node.attributes.type("dtype") ?? TypeCode(rawValue: 0),
      shape: node.attributes.shape("shape") ?? .unknown, isResource: node.op == "VarHandleOp", isSaved: isSaved)
  }
}

/// The names that a restoring node restores, by output.
private struct RestoreNames {
  let keys: [String]
  let slices: [String]

  init(_ node: Node, in graph: Graph) throws {
    func strings(_ input: Int) throws -> [String] {
      guard let endpoint = node.dataInputs[safe: input] else { throw node.error("has too few inputs") }
      let constant = try graph.node(endpoint.node, for: node.name)
      guard constant.op == "Const", let tensor = constant.attributes.tensor("value") else {
        throw node.error("takes names from \(constant.name.printable), which is no constant")
      }
      return try tensor.decoded(of: constant.name).strings.map { string in
        guard let text = String(validating: string, as: UTF8.self) else {
          throw constant.error("a name in it is not valid UTF-8")
        }
        return text
      }
    }
    keys = try strings(1)
    slices = node.op == "Restore" ? keys.map { _ in "" } : try strings(2)
  }
}

extension Array {
  /// The element at `index`, if there is one.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
