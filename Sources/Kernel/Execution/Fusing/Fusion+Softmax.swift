import Graphs

extension Fusion {
  /// (dy - sum(dy y, axis)) y, as the gradient of a softmax y is taken, becomes one node.
  func softmaxGradient(_ node: Node) -> Node? {
    guard node.op == "Mul", isFloat(node), node.dataInputs.count == 2 else { return nil }
    let y = node.dataInputs[1]
    guard source(node, 1)?.op == "Softmax", let difference = inner(node, 0, ["Sub"]),
      difference.dataInputs.count == 2, let total = inner(difference, 1, ["Sum"]),
      total.attributes.bool("keep_dims") == true, let axes = constant(total, 1)?.integers, axes.count == 1,
      let product = inner(total, 0, ["Mul"]), product.dataInputs == [difference.dataInputs[0], y]
    else { return nil }
    return Node(
      node.name, Operator.softmaxGradient,
      [.data(difference.dataInputs[0]), .data(y)] + node.inputs.filter { $0.endpoint == nil }, device: node.device,
      attributes: ["axis": .int(axes[0])])
  }
}
