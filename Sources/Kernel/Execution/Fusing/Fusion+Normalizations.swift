import Graphs

extension Fusion {
  /// x * rsqrt(max(sum(x^2, axis), smallest)), as `tf.nn.l2_normalize` has it, becomes one node.
  func normalization(_ node: Node) -> Node? {
    guard node.op == "Mul", isFloat(node), node.dataInputs.count == 2 else { return nil }
    for (value, factor) in [(0, 1), (1, 0)] {
      let x = node.dataInputs[value]
      guard let root = inner(node, factor, ["Rsqrt"]), let bounded = inner(root, 0, ["Maximum"]),
        let (total, smallest) = boundedSum(bounded), total.attributes.bool("keep_dims") == true,
        let axes = constant(total, 1)?.integers, axes.count == 1,
        let square = inner(total, 0, ["Square"]), square.dataInputs == [x]
      else { continue }
      return Node(
        node.name, Operator.normalization, [.data(x)] + node.inputs.filter { $0.endpoint == nil },
        device: node.device, attributes: ["axis": .int(axes[0]), "smallest": .float(smallest)])
    }
    return nil
  }

  /// What is normalized just to be joined is normalized where it goes.
  func joinedNormalization(_ node: Node) -> Node? {
    guard node.op == "ConcatV2", isFloat(node), node.dataInputs.count >= 2 else { return nil }
    let values = (0..<node.dataInputs.count - 1).map { inner(node, $0, [Operator.normalization]) }
    guard let first = values[0], values.allSatisfy({ $0?.attributes == first.attributes }) else { return nil }
    return Node(
      node.name, Operator.joinedNormalization,
      values.compactMap { $0?.inputs[0] } + node.inputs.dropFirst(values.count), device: node.device,
      attributes: first.attributes)
  }

  /// A sum and the number that it is at least.
  private func boundedSum(_ maximum: Node) -> (Node, Float)? {
    for (sum, bound) in [(0, 1), (1, 0)] {
      guard let total = inner(maximum, sum, ["Sum"]), let smallest = constant(maximum, bound),
        smallest.dtype == .float32, smallest.shape.rank == 0
      else { continue }
      return (total, smallest.bytes.withUnsafeBytes { $0.loadUnaligned(as: Float.self) })
    }
    return nil
  }
}
