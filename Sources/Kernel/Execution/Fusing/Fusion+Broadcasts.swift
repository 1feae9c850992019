import Graphs

extension Fusion {
  /// What is compared just to be counted, as the gradient of a maximum is shared, is written once, as numbers.
  func equalityAsNumber(_ node: Node) -> Node? {
    guard node.op == "Cast", node.attributes.type("DstT")?.dtype == .float32, node.dataInputs.count == 1,
      let equal = inner(node, 0, ["Equal"]), isFloat(equal), equal.dataInputs.count == 2
    else { return nil }
    return Node(
      node.name, Operator.equalityAsNumber, equal.inputs + node.inputs.dropFirst(), device: node.device)
  }

  /// What is repeated just to be added to something of that shape is repeated while it is added.
  func repeatedAddend(_ node: Node) -> Node? {
    guard node.op == "AddN", isFloat(node), node.dataInputs.count == 2 else { return nil }
    for repeated in [0, 1] {
      guard let broadcast = inner(node, repeated, ["BroadcastTo"]), broadcast.dataInputs.count == 2 else {
        continue
      }
      var new = node
      new.op = "AddV2"
      new.inputs[repeated] = broadcast.inputs[0]
      return new
    }
    return nil
  }

  /// A few numbers that are repeated to the shape of x and multiplied by x times a constant, as the gradient of a sum of
  /// squares is made, are multiplied by the constant before they meet x: one pass instead of three.
  mutating func multiplySmallFirst() throws {
    for node in graph.nodes where node.op == "Mul" && isFloat(node) && node.dataInputs.count == 2 {
      for (repeated, scaled) in [(0, 1), (1, 0)] {
        guard let broadcast = inner(node, repeated, ["BroadcastTo"]), broadcast.dataInputs.count == 2,
          let shape = source(broadcast, 1), shape.op == "Shape",
          let product = inner(node, scaled, ["Mul"]), product.dataInputs.count == 2,
          let place = [0, 1].first(where: { constant(product, 1 - $0)?.shape.rank == 0 })
        else { continue }
        let x = product.dataInputs[place]
        guard shape.dataInputs == [x] || source(shape, 0).map({ $0.op == "Square" && $0.dataInputs == [x] }) == true
        else { continue }
        try graph.update(product.name) { $0.inputs[place] = broadcast.inputs[0] }
        try graph.update(node.name) { $0.inputs[repeated] = .data(x) }
        break
      }
    }
  }
}
