import Graphs

/// Edits a graph so that it answers the same in fewer passes over memory: several nodes become one.
///
/// A node that is fused keeps the name of the last of those that it stands for; the others are there no more. Nodes
/// that somebody asks for, waits for or feeds stay, and so does what has a second consumer. Where a pattern is not
/// exactly met, nothing happens. Results may differ in the last bits, as those of sums in another order do.
struct Fusion {
  var graph: Graph
  let consumers: Consumers
  let kept: Set<String>

  /// - Parameter kept: nodes that are asked for or fed.
  init(_ graph: Graph, keeping kept: Set<String>) {
    self.graph = graph
    self.kept = kept
    consumers = graph.consumers()
  }

  /// The graph with everything fused that can be. Nodes that are needed no more are still there.
  ///
  /// - Throws: ``KernelError`` `.badData` when nodes share a name.
  static func fused(_ graph: Graph, keeping kept: Set<String>) throws -> Graph {
    // What a node becomes, when it is the last of a pattern's.
    let patterns = [
      Fusion.normalization, Fusion.shapeOfNormalized, Fusion.gatheredNormalization,
      Fusion.joinedNormalization, Fusion.slicedNormalization, Fusion.productOfTransposed, Fusion.transposedProduct,
      Fusion.subtractedProduct, Fusion.gatherByBytes, Fusion.softmaxGradient, Fusion.equalityAsNumber,
      Fusion.repeatedAddend, Fusion.scaledUpdate,
      Fusion.weightGradient, Fusion.lossOfWeightGradient, Fusion.updateByFactors,
    ]
    let graph = try patterns.reduce(graph) { graph, pattern in
      var fusion = Fusion(graph, keeping: kept)
      for node in graph.nodes {
        if let new = pattern(fusion)(node) { try fusion.graph.update(node.name) { $0 = new } }
      }
      return fusion.graph
    }
    // Those that change two nodes at once.
    var last = Fusion(graph, keeping: kept)
    try last.multiplySmallFirst()
    try last.joinProducts()
    return last.graph
  }

  /// The node that an input of `node` comes from, if it is one of those operators and only `node` takes it, once.
  func inner(_ node: Node, _ input: Int, _ operators: Set<String>) -> Node? {
    guard let source = self.source(node, input), operators.contains(source.op), !kept.contains(source.name),
      source.inputs.allSatisfy({ $0.endpoint != nil }), let position = graph.position(of: source.name),
      consumers.uses(of: position).count == 1
    else { return nil }
    return source
  }

  /// The nodes that take a value of `node`, each once, without those that an earlier fusion left over.
  func takers(of node: Node) -> [Node] {
    consumers.nodes(using: node.name).filter { taker in
      guard taker.dataInputs.contains(where: { $0.node == node.name }) else { return false }
      return kept.contains(taker.name) || !consumers.nodes(using: taker.name).isEmpty
    }
  }

  /// Whether somebody asks for it or feeds it.
  func isKept(_ node: Node) -> Bool { kept.contains(node.name) }

  /// The node whose first output an input of `node` is.
  func source(_ node: Node, _ input: Int) -> Node? {
    let inputs = node.dataInputs
    guard inputs.indices.contains(input), inputs[input].output == 0 else { return nil }
    return graph[inputs[input].node]
  }

  /// The value of the constant that an input of `node` is.
  func constant(_ node: Node, _ input: Int) -> TensorValue? {
    guard let source = source(node, input), source.op == "Const", !kept.contains(source.name) else { return nil }
    return try? source.attributes.tensor("value")?.decoded(of: source.name)
  }

  /// Whether the node computes with float32.
  func isFloat(_ node: Node) -> Bool { node.attributes.type("T")?.dtype == .float32 }
}
