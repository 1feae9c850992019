import Graphs

extension Fusion {
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
