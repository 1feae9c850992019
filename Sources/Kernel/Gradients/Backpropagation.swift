import Bytes
import Graphs

extension GraphBuilder {
  /// Adds nodes that compute how a number changes with each of some tensors: reverse-mode differentiation, under the
  /// scope `gradients` (Griewank and Walther 2008, as TensorFlow's `tf.gradients`).
  ///
  /// - Parameters:
  ///   - loss: a scalar.
  ///   - targets: tensors of the same graph.
  /// - Returns: for each target a tensor of its shape; `nil` when the loss does not depend on it.
  /// - Throws: ``KernelError`` `.badData` at an operator on the way that has no rule.
  package func gradients(of loss: GraphTensor, for targets: [GraphTensor]) throws -> [GraphTensor?] {
    guard loss.rank == 0 else { throw misfit("gradients", [loss]) }
    return try scope("gradients") {
      var backpropagation = try Backpropagation(self, from: loss, to: targets)
      return try backpropagation.run()
    }
  }
}

/// The way back from a loss.
private struct Backpropagation {
  private let build: GraphBuilder
  private let targets: [GraphTensor]
  /// The nodes between targets and loss, the loss first.
  private let path: [Node]
  private let onPath: Set<String>
  private var sums: [Endpoint: GradientSum] = [:]

  init(_ build: GraphBuilder, from loss: GraphTensor, to targets: [GraphTensor]) throws {
    self.build = build
    self.targets = targets
    // Nodes stand after what they take, since that had to exist when they were built.
    let nodes = build.meta.graph.nodes
    var reached = Set(targets.map(\.endpoint.node))
    for node in nodes where !GradientRule.ends.contains(node.op) {
      if node.dataInputs.contains(where: { reached.contains($0.node) }) { reached.insert(node.name) }
    }
    var needed: Set<String> = [loss.endpoint.node]
    var path: [Node] = []
    for node in nodes.reversed() where needed.contains(node.name) && reached.contains(node.name) {
      path.append(node)
      for input in node.dataInputs where reached.contains(input.node) { needed.insert(input.node) }
    }
    self.path = path
    onPath = Set(path.map(\.name))
    guard !path.isEmpty else { return }
    sums[loss.endpoint] = GradientSum(try build.constant(Float(1), name: "grad_ys"))
  }

  mutating func run() throws -> [GraphTensor?] {
    let ends = Set(targets.map(\.endpoint))
    for node in path {
      let outputs = build.outputs(of: node.name)
      let gradients = try outputs.map { try finished($0.endpoint) }
      guard gradients.contains(where: { $0 != nil }), !node.dataInputs.isEmpty else { continue }
      guard !outputs.contains(where: { ends.contains($0.endpoint) }) else { continue }
      guard let rule = GradientRule.all[node.op] else {
        throw node.error("\(node.op) has no gradient", hint: "nothing that is trained may depend on it")
      }
      let inputs = try node.dataInputs.map(build.tensor)
      let call = GradientCall(
        build: build, node: node, inputs: inputs, outputs: outputs, gradients: gradients,
        isNeeded: inputs.map { onPath.contains($0.endpoint.node) })
      let results = try build.scope(GradientCall.scope(node.name)) { try rule.apply(call) }
      for (input, result) in zip(inputs, results) where onPath.contains(input.endpoint.node) {
        if let result { sums[input.endpoint, default: GradientSum()].add(result) }
      }
    }
    return try targets.map { try finished($0.endpoint) }
  }

  /// The whole gradient of a tensor, all of whose users have given their part.
  private mutating func finished(_ endpoint: Endpoint) throws -> GraphTensor? {
    try sums[endpoint]?.finish(build)
  }
}
