import Graphs

extension Fusion {
  /// Slices of what is normalized just for them normalize what they take, so that it is written once.
  func slicedNormalization(_ node: Node) -> Node? {
    guard node.op == "StridedSlice", isFloat(node), node.dataInputs.count == 4, let whole = source(node, 0),
      whole.op == "Reshape", whole.inputs.count == 2, !kept.contains(whole.name), isOnlySliced(whole),
      let normalized = inner(whole, 0, ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]),
      normalized.inputs.count == 5, normalized.attributes.bool("is_training") == false, isFloat(normalized)
    else { return nil }
    var attributes = node.attributes
    for name in ["epsilon", "is_training", "data_format"] { attributes[name] = normalized.attributes[name] }
    return Node(
      node.name, Operator.slicedNormalization, normalized.inputs + [whole.inputs[1]] + node.inputs.dropFirst(),
      device: node.device, attributes: attributes)
  }

  /// Whether slices take it, and nothing else.
  private func isOnlySliced(_ node: Node) -> Bool {
    guard let position = graph.position(of: node.name) else { return false }
    return consumers.uses(of: position).allSatisfy { use in
      use.input == 0 && ["StridedSlice", Operator.slicedNormalization].contains(graph.nodes[use.node].op)
    }
  }
}
