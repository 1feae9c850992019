import Graphs

extension Optimizer {
  /// Adam that waits until its second moments can be trusted (Liu et al. 2019; specs: tm_google §2.5).
  ///
  /// Its state is that of TensorFlow's Adam, and `step`, which counts from 1.
  func buildRectifiedAdam(
    _ targets: [OptimizedVariable], rate: GraphTensor, powers: [BuiltVariable], step: BuiltVariable,
    _ readers: VariableReaders, _ graph: GraphBuilder
  ) throws -> [String] {
    let betas: [Float] = [0.9, 0.999]
    let one = try graph.constant(Float(1), name: "one")
    let corrections = try powers.map { try graph.subtract(one, $0.value) }
    let (isSure, factor) = try rectification(step, secondPower: powers[1], correction: corrections[1], graph)
    let isUnsure = try graph.subtract(one, isSure)
    let nodes = try targets.flatMap { target in
      let (next, moments) = try target.moments(betas, graph)
      let first = try graph.divide(next[0], corrections[0])
      let spread = try graph.add(graph.unary("Sqrt", graph.divide(next[1], corrections[1])), 1e-7)
      let scale = try graph.add(graph.divide(factor, spread), isUnsure)
      return try moments + [target.descend(graph.multiply(graph.multiply(first, scale), rate), readers, graph)]
    }
    return try nodes
      + graph.after(nodes) {
        try advance(powers, by: betas.map { try graph.constant($0, name: "beta") }, graph)
          + [graph.update("AssignAdd", step, one)]
      }
  }

  /// Whether second moments are of enough steps (1 or 0), and the factor of steps that go by them, 0 if not.
  private func rectification(
    _ step: BuiltVariable, secondPower: BuiltVariable, correction: GraphTensor, _ graph: GraphBuilder
  ) throws -> (isSure: GraphTensor, factor: GraphTensor) {
    let most: Float = 2 / (1 - 0.999) - 1
    let behind = try graph.divide(graph.multiply(graph.multiply(step.value, secondPower.value), 2), correction)
    let length = try graph.subtract(graph.constant(most, name: "most"), behind)
    let isSure = try graph.cast(
      graph.compare("GreaterEqual", length, graph.constant(Float(5), name: "least")), to: .float32)
    // Before that the root would be of a negative number.
    let known = try graph.maximum(length, graph.constant(Float(5), name: "least"))
    let share = try graph.divide(
      graph.multiply(graph.multiply(graph.add(known, -4), graph.add(known, -2)), most),
      graph.multiply(known, (most - 4) * (most - 2)))
    return (isSure, try graph.multiply(graph.unary("Sqrt", share), isSure))
  }
}
