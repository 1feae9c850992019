import Graphs

extension Fusion {
  /// An optimizer's step whose gradient was multiplied by a number just for it, as clipping does, multiplies it itself.
  func scaledUpdate(_ node: Node) -> Node? {
    guard let input = OptimizerRule.gradientInput(node.op), isFloat(node),
      !node.op.hasPrefix(OptimizerRule.fusedPrefix),
      let product = inner(node, input, ["Mul"]), product.dataInputs.count == 2
    else { return nil }
    for (value, factor) in [(0, 1), (1, 0)] where isNumber(product.dataInputs[factor]) {
      var inputs = node.dataInputs
      inputs[input] = product.dataInputs[value]
      inputs.append(product.dataInputs[factor])
      return fusedUpdate(node, inputs, OptimizerRule.scales)
    }
    return nil
  }

  /// The gradient of a weight that is a product aᵀ b, perhaps with a part of the weight added as its penalty has it,
  /// taken only by the weight's update and its norm, need not be formed.
  func weightGradient(_ node: Node) -> Node? {
    guard isFloat(node), node.dataInputs.count == 2, !isKept(node) else { return nil }
    let gradient = Endpoint(node.name)
    let takers = takers(of: node)
    let updates = takers.filter { OptimizerRule.gradientInput($0.op) != nil }
    guard !updates.isEmpty,
      takers.allSatisfy({ taker in
        let places = taker.dataInputs.indices.filter { taker.dataInputs[$0] == gradient }
        return places == [taker.op == "L2Loss" ? 0 : OptimizerRule.gradientInput(taker.op) ?? -1]
      })
    else { return nil }
    let controls = node.inputs.filter { $0.endpoint == nil }
    func made(of inputs: [Endpoint]) -> Node {
      Node(node.name, Operator.weightGradient, inputs.map { .data($0) } + controls, device: node.device)
    }
    if isTurnedProduct(node) { return made(of: node.dataInputs) }
    guard node.op == "AddN" else { return nil }
    for (first, second) in [(0, 1), (1, 0)] {
      guard let product = inner(node, first, ["MatMul"]), isTurnedProduct(product),
        let (weights, part) = decay(node, second),
        updates.allSatisfy({ $0.dataInputs[0].node == variable(weights) })
      else { continue }
      return made(of: product.dataInputs + [weights, part])
    }
    return nil
  }

  /// The norm of such a gradient is found from the factors.
  func lossOfWeightGradient(_ node: Node) -> Node? {
    guard node.op == "L2Loss", let gradient = source(node, 0), gradient.op == Operator.weightGradient else {
      return nil
    }
    return Node(
      node.name, Operator.weightGradientLoss,
      (0...gradient.dataInputs.count).map { .data(Endpoint(gradient.name, $0)) }
        + node.inputs.filter { $0.endpoint == nil },
      device: node.device)
  }

  /// An optimizer's step forms such a gradient itself, part by part.
  func updateByFactors(_ node: Node) -> Node? {
    guard let input = OptimizerRule.gradientInput(node.op), let gradient = source(node, input),
      gradient.op == Operator.weightGradient, node.attributes.bool(OptimizerRule.isFactored) != true
    else { return nil }
    let decays = gradient.dataInputs.count == 4
    let more = (decays ? [1, 2, 4] : [1, 2]).map { Endpoint(gradient.name, $0) }
    var new = fusedUpdate(node, node.dataInputs + more, OptimizerRule.isFactored)
    new.attributes[OptimizerRule.decays] = .bool(decays)
    // It need not wait for what nobody takes: the part of the weights that would have been added.
    new.inputs.removeAll { input in
      guard input.endpoint == nil, let other = graph[input.node], !isKept(other) else { return false }
      return Operator.named(other.op)?.isStateful == false && takers(of: other).isEmpty
    }
    return new
  }

  private func isTurnedProduct(_ node: Node) -> Bool {
    node.op == "MatMul" && node.dataInputs.count == 2 && node.attributes.bool("transpose_a") == true
      && node.attributes.bool("transpose_b") != true
  }

  /// The weights and the number that make an input of `node` as their product.
  private func decay(_ node: Node, _ input: Int) -> (Endpoint, Endpoint)? {
    guard let product = source(node, input), product.op == "Mul", product.dataInputs.count == 2, isFloat(product)
    else { return nil }
    for (value, factor) in [(0, 1), (1, 0)] {
      let (weights, part) = (product.dataInputs[value], product.dataInputs[factor])
      if isNumber(part), variable(weights) != nil { return (weights, part) }
    }
    return nil
  }

  /// The variable whose value it is.
  func variable(_ endpoint: Endpoint) -> String? {
    guard endpoint.output == 0, let node = graph[endpoint.node] else { return nil }
    if node.isVariable { return node.name }
    guard node.op == "Identity" || node.op == "ReadVariableOp", let read = node.dataInputs.first,
      graph[read.node]?.isVariable == true
    else { return nil }
    return read.node
  }

  private func fusedUpdate(_ node: Node, _ inputs: [Endpoint], _ flag: String) -> Node {
    var new = node
    if !node.op.hasPrefix(OptimizerRule.fusedPrefix) { new.op = OptimizerRule.fusedPrefix + node.op }
    new.inputs = inputs.map { .data($0) } + node.inputs.filter { $0.endpoint == nil }
    new.attributes[flag] = .bool(true)
    return new
  }

  /// Whether a tensor is one number whatever is fed: a constant or a norm, or computed from such.
  private func isNumber(_ endpoint: Endpoint, depth: Int = 0) -> Bool {
    guard depth < 16, endpoint.output == 0, let node = graph[endpoint.node] else { return false }
    switch node.op {
    case "Const":
      guard let value = node.attributes.tensor("value"), value.decodedByteCount == 4 else { return false }
      return (try? value.decoded(of: node.name))?.shape.rank == 0
    case "L2Loss": return true
    case "Mul", "RealDiv", "Maximum", "Minimum", "Sqrt", "Rsqrt", "Add", "AddV2", "Sub", "Identity":
      return node.dataInputs.allSatisfy { isNumber($0, depth: depth + 1) }
    default: return false
    }
  }
}
