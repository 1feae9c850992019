import Graphs

extension Fusion {
  /// Rows that are looked up by bytes made wider just for it, as quantized weights are read, are looked up by the bytes.
  func gatherByBytes(_ node: Node) -> Node? {
    guard node.op == "Gather" || node.op == "GatherV2", node.dataInputs.count == (node.op == "Gather" ? 2 : 3),
      node.op == "Gather" || constant(node, 2)?.integers == [0], node.attributes.int("batch_dims") ?? 0 == 0,
      node.attributes.type("Tparams")?.dtype?.byteCount != nil,
      let cast = inner(node, 1, ["Cast"]), cast.attributes.type("SrcT")?.dtype == .uint8,
      let wide = cast.attributes.type("DstT")?.dtype, wide == .int32 || wide == .int64,
      let bytes = cast.inputs.first
    else { return nil }
    return Node(
      node.name, Operator.byteGather, [node.inputs[0], bytes] + node.inputs.filter { $0.endpoint == nil },
      device: node.device)
  }
}
