import Tensors

/// Random numbers, seeded as TensorFlow seeds them: by the graph's seed and the number of nodes before (specs: fixtures
/// of miha2018).
extension GraphBuilder {
  /// `RandomUniform` in [0, 1), `RandomStandardNormal` or `TruncatedNormal`.
  package func random(_ op: String, _ shape: GraphTensor, knownAs dimensions: [Int]) throws -> GraphTensor {
    let number = meta.graph.nodes.count
    return try node(
      op, [shape],
      [
        "T": .type(TypeCode(.int32)), "dtype": .type(TypeCode(.float32)), "seed": .int(seed ?? 0),
        "seed2": .int(seed == nil ? 0 : number),
      ], outputs: [(.float32, dimensions)])[0]
  }
}
