import Bytes
import Graphs
import Tensors

extension Operator {
  /// What only looks at shapes or changes them; no elements are copied.
  static let shapes: [Operator] = [
    // out_type
    Operator("Shape") { node in
      let isLong = node.attributes.type("out_type")?.dtype == .int64
      return { call in
        try call.expect(1)
        call.outputs = [try call.integers(call.inputs[0].shape.dimensions, isLong: isLong)]
      }
    },
    Operator("ShapeN") { node in
      let isLong = node.attributes.type("out_type")?.dtype == .int64
      return { call in
        call.outputs = try call.inputs.map { try call.integers($0.shape.dimensions, isLong: isLong) }
      }
    },
    Operator("Size") { node in
      let isLong = node.attributes.type("out_type")?.dtype == .int64
      return { call in
        try call.expect(1)
        call.outputs = [try call.integers([call.inputs[0].elementCount], isLong: isLong).reshaped(.scalar)]
      }
    },
    .plain("Rank") { call in
      try call.expect(1)
      call.outputs = [try call.integers([call.inputs[0].shape.rank], isLong: false).reshaped(.scalar)]
    },
    // tensor, shape with at most one -1
    .plain("Reshape") { call in
      try call.expect(2)
      let input = call.inputs[0]
      var dimensions = try call.integers(1)
      let unknown = dimensions.indices.filter { dimensions[$0] == -1 }
      guard unknown.count <= 1 else { throw call.error("two extents of its new shape \(dimensions) are unknown") }
      if let axis = unknown.first {
        dimensions[axis] = 1
        guard let rest = Shape(dimensions)?.elementCount, rest > 0, input.elementCount % rest == 0 else {
          throw call.error("\(input) cannot be reshaped to \(try call.integers(1))")
        }
        dimensions[axis] = input.elementCount / rest
      }
      guard let shape = Shape(dimensions), shape.elementCount == input.elementCount else {
        throw call.error("\(input) cannot be reshaped to \(dimensions)")
      }
      call.outputs = [input.reshaped(shape)]
    },
    // input, axis
    .plain("ExpandDims") { call in
      try call.expect(2)
      var dimensions = call.inputs[0].shape.dimensions
      dimensions.insert(1, at: try call.axis(try call.integer(1), rank: dimensions.count + 1))
      call.outputs = [call.inputs[0].reshaped(try call.shape(dimensions))]
    },
    // squeeze_dims
    Operator("Squeeze") { node in
      let given = node.attributes.ints("squeeze_dims") ?? []
      return { call in
        try call.expect(1)
        let dimensions = call.inputs[0].shape.dimensions
        let axes = try given.map { try call.axis($0, rank: dimensions.count) }
        guard axes.allSatisfy({ dimensions[$0] == 1 }) else {
          throw call.error("\(call.inputs[0]) cannot lose the axes \(axes), which are not of extent 1")
        }
        let kept = dimensions.indices.filter { given.isEmpty ? dimensions[$0] != 1 : !axes.contains($0) }
        call.outputs = [call.inputs[0].reshaped(try call.shape(kept.map { dimensions[$0] }))]
      }
    },
    // shape: refuses a tensor that has another.
    Operator("EnsureShape") { node in
      let wanted = node.attributes.shape("shape") ?? .unknown
      return { call in
        try call.expect(1)
        guard wanted.isCompatible(with: PartialShape(call.inputs[0].shape)) else {
          throw call.error("got \(call.inputs[0]) where \(wanted) is promised")
        }
        call.outputs = call.inputs
      }
    },
    // s0, s1
    .plain("BroadcastArgs") { call in
      try call.expect(2)
      let shapes = try [call.shape(try call.integers(0)), call.shape(try call.integers(1))]
      guard let result = Broadcast.shape(shapes[0], shapes[1]) else {
        throw call.error("\(shapes[0]) and \(shapes[1]) do not fit each other")
      }
      call.outputs = [try call.integers(result.dimensions, isLong: call.inputs[0].dtype == .int64)]
    },
  ]
}

extension Call {
  /// A vector of integers.
  func integers(_ values: [Int], isLong: Bool) throws -> Tensor {
    let result = try allocate(isLong ? .int64 : .int32, try shape([values.count]))
    if isLong {
      let elements = result.mutableElements(Int64.self)
      for (index, value) in values.enumerated() { elements[index] = Int64(value) }
    } else {
      let elements = result.mutableElements(Int32.self)
      for (index, value) in values.enumerated() {
        guard let value = Int32(exactly: value) else { throw error("\(value) is too large for an int32") }
        elements[index] = value
      }
    }
    return result
  }
}
