import Graphs

extension Fusion {
  /// What is normalized has the shape that it had before.
  func shapeOfNormalized(_ node: Node) -> Node? {
    guard node.op == "Shape", let normalized = source(node, 0), normalized.op == Operator.normalization else {
      return nil
    }
    var new = node
    new.inputs[0] = normalized.inputs[0]
    return new
  }

  /// Rows that are picked of what was normalized just for it are picked first: then what is normalized may be
  /// overwritten, and takes no memory of its own.
  func gatheredNormalization(_ node: Node) -> Node? {
    guard node.op == "GatherNd", node.dataInputs.count == 2, let whole = inner(node, 0, [Operator.normalization])
    else { return nil }
    return Node(
      node.name, Operator.gatheredNormalization, whole.inputs + node.inputs.dropFirst(), device: node.device,
      attributes: whole.attributes)
  }
}
