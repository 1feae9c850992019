import Graphs

extension ModelBuilder {
  /// In training, elements are zeroed with this probability and the others scaled up, so that their expectation stays
  /// (Srivastava et al. 2014); elsewhere nothing is done.
  func dropout(_ x: GraphTensor, _ rate: Double) throws -> GraphTensor {
    guard isTraining, rate > 0 else { return x }
    return try graph.scope("dropout") {
      let draws = try graph.random("RandomUniform", graph.shape(of: x), knownAs: x.dimensions)
      let isKept = try graph.compare("GreaterEqual", draws, graph.constant(Float(rate), name: "rate"))
      let scaled = try graph.multiply(x, 1 / (1 - Float(rate)))
      return try graph.multiply(scaled, graph.cast(isKept, to: .float32))
    }
  }
}
