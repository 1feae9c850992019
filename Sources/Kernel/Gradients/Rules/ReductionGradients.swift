import Graphs
import Tensors

extension GradientRule {
  /// Sums, means and extrema along axes.
  static let reductions: [GradientRule] = [
    .chain("Sum") { call, g in try call.spread(g) },
    .chain("Mean") { call, g in
      let (x, y) = (call.inputs[0], call.outputs[0])
      if let whole = Shape(x.dimensions), let part = Shape(y.dimensions), part.elementCount > 0 {
        return try call.spread(call.build.multiply(g, 1 / Float(whole.elementCount / part.elementCount)))
      }
      let counts = try [x, y].map { tensor in
        try call.build.cast(
          call.build.node(
            "Size", [tensor], ["T": .type(TypeCode(tensor.dtype)), "out_type": .type(TypeCode(.int32))],
            outputs: [(.int32, [])])[0], to: .float32)
      }
      return try call.spread(call.build.divide(g, call.build.divide(counts[0], counts[1])))
    },
    extremum("Max"), extremum("Min"),
  ]

  /// All elements that are the extremum share its gradient.
  private static func extremum(_ op: String) -> GradientRule {
    chain(op) { call, g in
      let axes = try call.axes()
      let chosen = try call.build.cast(
        call.build.compare("Equal", call.inputs[0], call.keepingAxes(call.outputs[0])), to: call.inputs[0].dtype)
      let count = try call.build.sum(chosen, axes, keepDims: true)
      return try call.build.multiply(chosen, call.build.divide(call.keepingAxes(g), count))
    }
  }
}

extension GradientCall {
  /// The axes of a reduction, counted from the front.
  fileprivate func axes() throws -> [Int] {
    let rank = inputs[0].rank
    return try integers(1).map { axis in
      guard (-rank..<rank).contains(axis) else { throw node.error("has no axis \(axis)") }
      return axis < 0 ? axis + rank : axis
    }
  }

  /// A tensor in the shape of a reduction's result, with the axes that are gone as extents of 1.
  fileprivate func keepingAxes(_ tensor: GraphTensor) throws -> GraphTensor {
    let axes = try axes()
    let kept = inputs[0].dimensions.enumerated().map { axes.contains($0) ? 1 : $1 }
    if tensor.dimensions == kept { return tensor }
    if kept.count(where: { $0 < 0 }) <= 1 { return try build.reshape(tensor, kept) }
    return try axes.sorted().reduce(tensor) { try build.expandDims($0, axis: $1) }
  }

  /// The gradient of a sum: the same for all its terms.
  fileprivate func spread(_ g: GraphTensor) throws -> GraphTensor {
    let x = inputs[0]
    let narrow = try keepingAxes(g)
    if narrow.dimensions == x.dimensions, x.dimensions.allSatisfy({ $0 >= 0 }) { return narrow }
    let shape =
      try x.dimensions.contains { $0 < 0 } ? build.shape(of: x) : build.constant(x.dimensions, name: "shape")
    return try build.node(
      "BroadcastTo", [narrow, shape], ["T": .type(TypeCode(x.dtype)), "Tidx": .type(TypeCode(.int32))],
      outputs: [(x.dtype, x.dimensions)])[0]
  }
}
