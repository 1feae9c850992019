import Graphs

extension Fusion {
  private static let products: Set<String> = ["BatchMatMul", "BatchMatMulV2"]

  /// A product of a matrix that was turned just for it turns the matrix itself.
  func productOfTransposed(_ node: Node) -> Node? {
    guard Fusion.products.contains(node.op), isFloat(node), node.dataInputs.count == 2 else { return nil }
    var new = node
    for (input, flag) in [(0, "adj_x"), (1, "adj_y")] {
      guard let turned = inner(node, input, ["Transpose"]), turnsMatrices(turned) else { continue }
      new.inputs[input] = turned.inputs[0]
      new.attributes[flag] = .bool(!(node.attributes.bool(flag) ?? false))
    }
    return new == node ? nil : new
  }

  /// A product that is turned is the product of the turned factors in the other order.
  func transposedProduct(_ node: Node) -> Node? {
    guard node.op == "Transpose", turnsMatrices(node), let product = inner(node, 0, Fusion.products),
      isFloat(product), product.dataInputs.count == 2
    else { return nil }
    var new = product
    new.name = node.name
    new.inputs = [product.inputs[1], product.inputs[0]] + node.inputs.filter { $0.endpoint == nil }
    new.attributes["adj_x"] = .bool(!(product.attributes.bool("adj_y") ?? false))
    new.attributes["adj_y"] = .bool(!(product.attributes.bool("adj_x") ?? false))
    return new
  }

  /// Whether a `Transpose` exchanges the two innermost axes and nothing else.
  private func turnsMatrices(_ node: Node) -> Bool {
    guard node.dataInputs.count == 2, let order = constant(node, 1)?.integers, order.count >= 2 else {
      return false
    }
    let last = order.count - 1
    return order == Array(0..<last - 1) + [last, last - 1]
  }
}
