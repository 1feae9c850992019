import Graphs

extension Fusion {
  /// x - a * b becomes one node, so that the product, which may be as large as x, is nowhere.
  func subtractedProduct(_ node: Node) -> Node? {
    guard node.op == "Sub", isFloat(node), node.dataInputs.count == 2, let product = inner(node, 1, ["Mul"]),
      product.dataInputs.count == 2
    else { return nil }
    return Node(
      node.name, Operator.productSubtraction, [node.inputs[0]] + product.inputs + node.inputs.dropFirst(2),
      device: node.device)
  }
}
