import Graphs
import Tensors

extension Fusion {
  /// The product of a gradient b and the turned weights wᵀ, which a layer hands on to what comes before it, is made by
  /// the weights' update, if that forms its own gradient aᵀ b: then the weights are read from memory once for both.
  ///
  /// Whatever needs the product so waits for the update. Nothing that the update waits for may be among it, nor an
  /// update of something else, which might in turn wait for it; then all stays.
  mutating func joinProducts() throws {
    // Without those that earlier fusions left over.
    let needed = try graph.ancestors(of: kept.filter(graph.contains))
    for update in graph.nodes where update.attributes.bool(OptimizerRule.isFactored) == true {
      guard needed.contains(update.name), let input = OptimizerRule.gradientInput(update.op),
        let gradient = source(update, input), gradient.op == Operator.weightGradient,
        let readers = readers(before: update, among: needed),
        let product = readers.first(where: { node in
          passesBack(node, gradient, update) && takers(of: node).contains { needed.contains($0.name) }
        })
      else { continue }
      let own = update.inputs + product.inputs.filter { $0.endpoint == nil } + readers.map { .control($0.name) }
      var seen: Set<NodeInput> = [.control(product.name)]
      let inputs =
        update.inputs.filter { $0.endpoint != nil } + own.filter { $0.endpoint == nil && seen.insert($0).inserted }
      let before = try graph.ancestors(of: inputs.map(\.node))
      guard !before.contains(product.name), !before.contains(update.name),
        before.allSatisfy({ name in graph[name].map(isNoUpdateOrJoined) ?? false })
      else { continue }
      try graph.update(update.name) { node in
        node.inputs = inputs
        node.attributes[OptimizerRule.passesBack] = .bool(true)
      }
      try graph.update(product.name) { node in
        node = Node(
          node.name, "Identity", of: [Endpoint(update.name, 1)], device: node.device,
          attributes: ["T": .type(TypeCode(.float32))])
      }
    }
  }

  private func isNoUpdateOrJoined(_ node: Node) -> Bool {
    !Operator.updates.contains(node.op) || node.attributes.bool(OptimizerRule.passesBack) == true
  }

  /// Whether `node` is the product of the gradient's second factor and the turned weights, and not asked for.
  private func passesBack(_ node: Node, _ gradient: Node, _ update: Node) -> Bool {
    node.op == "MatMul" && isFloat(node) && !isKept(node) && node.dataInputs.count == 2
      && node.attributes.bool("transpose_a") != true && node.attributes.bool("transpose_b") == true
      && node.dataInputs[0] == gradient.dataInputs[1]
      && variable(node.dataInputs[1]) == update.dataInputs[0].node
  }

  /// The nodes that take the value of one of the variables that `update` changes, before it does; `nil` when one of them
  /// does so inside of a loop or on a branch.
  private func readers(before update: Node, among needed: Set<String>) -> [Node]? {
    var pending = update.dataInputs.prefix(Operator.references(update.op)).map(\.node)
    var seen: Set<String> = [update.name]
    var readers: [Node] = []
    while let name = pending.popLast() {
      for node in consumers.nodes(using: name) where node.dataInputs.contains(where: { $0.node == name }) {
        guard needed.contains(node.name), seen.insert(node.name).inserted else { continue }
        guard !ControlFlow.operators.contains(node.op), let ancestors = try? graph.ancestors(of: [node.name]) else {
          return nil
        }
        if ancestors.contains(update.name) { continue }
        readers.append(node)
        if UpdateOrder.handsOn.contains(node.op) { pending.append(node.name) }
      }
    }
    return readers
  }
}
