import Graphs
import Tensors

/// The parts of a gradient that have been found.
///
/// A weight that is used at every step of a sequence has a part for each: all products of a turned matrix with another.
/// Their sum is one product of the matrices on top of each other, so that no part is ever formed.
struct GradientSum {
  private var terms: [GraphTensor] = []

  init(_ terms: GraphTensor...) { self.terms = terms }

  mutating func add(_ term: GraphTensor) { terms.append(term) }

  /// Adds the nodes that form the sum; `nil` when there is nothing.
  mutating func finish(_ build: GraphBuilder) throws -> GraphTensor? {
    guard let first = terms.first else { return nil }
    if terms.count > 1 { terms = [try sum(first, build)] }
    return terms[0]
  }

  private func sum(_ first: GraphTensor, _ build: GraphBuilder) throws -> GraphTensor {
    let nodes = terms.compactMap { build.meta.graph[$0.endpoint.node] }
    if nodes.count == terms.count, terms.count >= GradientSum.manyTerms {
      if nodes.allSatisfy({ $0.isTurnedProduct }) {
        let factors = try [0, 1].map { side in try build.stacked(nodes.map { $0.dataInputs[side] }) }
        return try build.matMul(factors[0], factors[1], turnA: true)
      }
      if try nodes.allSatisfy({ try $0.isColumnSum(build) }) {
        return try build.sum(build.stacked(nodes.map { $0.dataInputs[0] }), [0])
      }
      // One by one, so that no more than two terms are in memory at a time.
      return try terms.dropFirst().reduce(first) { try build.addN([$0, $1]) }
    }
    return try build.addN(terms)
  }

  /// From here on terms are put together before they are formed.
  private static let manyTerms = 4
}

extension Node {
  /// Whether it is aᵀ b.
  fileprivate var isTurnedProduct: Bool {
    op == "MatMul" && attributes.bool("transpose_a") == true && attributes.bool("transpose_b") != true
  }

  /// Whether it adds the rows of a matrix up.
  fileprivate func isColumnSum(_ build: GraphBuilder) throws -> Bool {
    guard op == "Sum", attributes.bool("keep_dims") != true, dataInputs.count == 2,
      try build.tensor(dataInputs[0]).rank == 2,
      let axes = try build.meta.graph[dataInputs[1].node]?.attributes.tensor("value")?.decoded(of: name)
    else { return false }
    return axes.integers == [0]
  }
}

extension GraphBuilder {
  /// Matrices on top of each other.
  fileprivate func stacked(_ parts: [Endpoint]) throws -> GraphTensor {
    try concat(parts.map(tensor), axis: 0)
  }
}
