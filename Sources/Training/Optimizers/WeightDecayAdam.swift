import Graphs

extension Optimizer {
  /// BERT's Adam: moments that are not corrected, and weights that decay by themselves (Loshchilov and Hutter 2017; specs:
  /// tm_google §2.5).
  func buildWeightDecayAdam(
    _ targets: [OptimizedVariable], rate: GraphTensor, _ readers: VariableReaders, _ graph: GraphBuilder
  ) throws -> [String] {
    try targets.flatMap { target in
      let (next, moments) = try target.moments([0.9, 0.999], graph)
      var step = try graph.divide(next[0], graph.add(graph.unary("Sqrt", next[1]), 1e-6))
      if target.variable.decays { step = try graph.add(step, graph.multiply(target.variable.value, 0.01)) }
      return try moments + [target.descend(graph.multiply(step, rate), readers, graph)]
    }
  }
}

extension BuiltVariable {
  /// Whether its name is of a weight, and not of a shift or a normalization.
  fileprivate var decays: Bool { !["LayerNorm", "layer_norm", "bias"].contains { name.contains($0) } }
}
