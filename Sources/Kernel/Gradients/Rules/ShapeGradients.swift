import Graphs
import Tensors

extension GradientRule {
  /// Operators that move elements.
  static let shapes: [GradientRule] = [
    .chain("Reshape") { call, g in try call.build.reshape(g, toThatOf: call.inputs[0]) },
    .chain("ExpandDims") { call, g in try call.build.reshape(g, toThatOf: call.inputs[0]) },
    .chain("Squeeze") { call, g in try call.build.reshape(g, toThatOf: call.inputs[0]) },
    .chain("Transpose") { call, g in
      let order = try call.integers(1)
      return try call.build.transpose(g, order.indices.sorted { order[$0] < order[$1] })
    },
    GradientRule("ConcatV2") { call in
      let (g, parts) = (try call.gradient(), call.inputs.dropLast())
      let axis = try call.axis(call.integers(call.inputs.count - 1))
      let sizes = parts.map { $0.dimensions[axis] }
      guard sizes.allSatisfy({ $0 >= 0 }) else {
        throw call.node.error("has no gradient along an axis of unknown extents")
      }
      return try call.build.split(g, sizes, axis: axis).map { $0 } + [nil]
    },
    GradientRule("SplitV") { call in
      let axis = try call.axis(call.integers(2))
      let parts = try call.outputs.indices.map { try call.gradient($0) }
      return [try call.build.concat(parts, axis: axis), nil, nil]
    },
    .chain("Slice") { call, g in
      let (x, begin, size) = (call.inputs[0], try call.integers(1), try call.integers(2))
      let margins = try begin.indices.flatMap { axis in
        guard size[axis] < 0 || x.dimensions[axis] >= 0 else {
          throw call.node.error("has no gradient along an axis of unknown extent")
        }
        return [begin[axis], size[axis] < 0 ? 0 : x.dimensions[axis] - begin[axis] - size[axis]]
      }
      let paddings = try call.build.reshape(call.build.constant(margins), [begin.count, 2])
      return try call.build.simple("Pad", [g, paddings], ["Tpaddings": .type(TypeCode(.int32))], to: x.dimensions)
    },
    .chain("StridedSlice") { call, g in
      var attributes = call.node.attributes
      attributes["Index"] = .type(TypeCode(.int32))
      return try call.build.node(
        "StridedSliceGrad", [call.build.shape(of: call.inputs[0])] + call.inputs[1...3] + [g], attributes,
        outputs: [(g.dtype, call.inputs[0].dimensions)])[0]
    },
    .chain("Tile") { call, g in
      let multiples = try call.integers(1)
      let x = call.inputs[0]
      let apart = zip(multiples, x.dimensions).flatMap { [$0, $1] }
      guard apart.count(where: { $0 < 0 }) <= 1 else {
        throw call.node.error("has no gradient with more than one unknown extent")
      }
      let sum = try call.build.sum(call.build.reshape(g, apart), multiples.indices.map { 2 * $0 })
      return try call.build.reshape(sum, toThatOf: x)
    },
    GradientRule("Pack") { call in
      let axis = call.node.attributes.int("axis") ?? 0
      let g = try call.gradient()
      return try call.build.node(
        "Unpack", [g], ["T": .type(TypeCode(g.dtype)), "num": .int(call.inputs.count), "axis": .int(axis)],
        outputs: call.inputs.map { ($0.dtype, $0.dimensions) })
    },
    .chain("Unpack") { call, _ in
      let parts = try call.outputs.indices.map { try call.gradient($0) }
      return try call.build.pack(parts, axis: call.node.attributes.int("axis") ?? 0)
    },
    GradientRule("Fill") { call in
      let g = try call.gradient()
      return [nil, try call.build.sum(g, Array(g.dimensions.indices))]
    },
    .chain("ReverseSequence") { call, g in
      try call.build.reverseSequence(
        g, call.inputs[1], sequence: call.node.attributes.int("seq_dim") ?? 0,
        batch: call.node.attributes.int("batch_dim") ?? 0)
    },
  ]

  /// Choices of slices: their gradients are added where they came from.
  static let gathers: [GradientRule] = [
    .chain("GatherNd") { call, g in
      try call.build.node(
        "ScatterNd", [call.inputs[1], g, call.build.shape(of: call.inputs[0])],
        ["T": .type(TypeCode(g.dtype)), "Tindices": .type(TypeCode(call.inputs[1].dtype))],
        outputs: [(g.dtype, call.inputs[0].dimensions)])[0]
    }
  ]
}

extension GradientCall {
  /// The one axis in a constant, counted from the front.
  fileprivate func axis(_ values: [Int]) throws -> Int {
    let rank = inputs[0].rank
    guard let axis = values.first, (-rank..<rank).contains(axis) else { throw node.error("has no such axis") }
    return axis < 0 ? axis + rank : axis
  }
}
