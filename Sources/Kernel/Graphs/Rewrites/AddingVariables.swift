import Bytes
import Tensors

extension MetaGraph {
  /// Adds a variable by reference with what TensorFlow gives one: zeros that initialize it, `/Assign`, `/read`, and a
  /// definition in the `variables` collection.
  ///
  /// - Parameter isFilled: whether even few zeros are made by a `Fill`, as TensorFlow does when the shape is a number.
  /// - Returns: the variable, saved under its own name; the saver does not know it yet.
  /// - Throws: ``KernelError`` `.badData` when a node has the name already or the type has no zero.
  @discardableResult public mutating func addVariable(
    _ name: String, _ dtype: DType, _ shape: Shape, device: String = "", isFilled: Bool = false
  ) throws -> GraphVariable {
    let type = AttributeValue.type(TypeCode(dtype))
    let colocation = AttributeValue.texts(["loc:@" + name])
    let zeros = try addZeros(dtype, shape, isFilled: isFilled)
    let variable = Node(
      name, "VariableV2", device: device,
      attributes: [
        "shape": .shape(PartialShape(shape)), "dtype": type, "container": .bytes([]), "shared_name": .bytes([]),
      ])
    let assign = Node(
      name + "/Assign", "Assign", of: [Endpoint(name), zeros], device: device,
      attributes: [
        "T": type, "_class": colocation, "use_locking": .bool(true), "validate_shape": .bool(true),
      ])
    let read = Node(
      name + "/read", "Identity", of: [Endpoint(name)], device: device,
      attributes: ["T": type, "_class": colocation])
    try graph.insert([variable, assign, read])
    let definition = VariableDefinition(
      variable: name + ":0", initializer: assign.name, snapshot: read.name + ":0", initialValue: zeros.tensorName)
    var definitions: [[UInt8]] = []
    if case .bytes(let items) = collections["variables"] { definitions = items }
    collections["variables"] = .bytes(definitions + [definition.encoded])
    return GraphVariable(
      node: name, key: name, slice: "", type: TypeCode(dtype), shape: PartialShape(shape), isResource: false,
      isSaved: true)
  }

  /// Zeros of any size in a few bytes: fewer than a thousand as a constant, as TensorFlow does.
  private mutating func addZeros(_ dtype: DType, _ shape: Shape, isFilled: Bool) throws -> Endpoint {
    let name = graph.uniqueName("zeros")
    if !isFilled, shape.elementCount < 1000, let count = shape.byteCount(of: dtype),
      let zeros = TensorValue(dtype, shape, bytes: Array(repeating: 0, count: count))
    {
      try graph.insert(Node(name, constant: zeros))
      return Endpoint(name)
    }
    guard let size = dtype.byteCount,
      let zero = TensorValue(dtype, .scalar, bytes: Array(repeating: 0, count: size)),
      let rank = Shape([shape.rank]),
      let extents = TensorValue(.int32, rank, bytes: try MetaGraph.littleEndian(shape))
    else { throw KernelError(.usage, "", at: .node(name), "a variable of \(dtype.name) has no zeros") }
    try graph.insert([
      Node(name + "/shape_as_tensor", constant: extents), Node(name + "/Const", constant: zero),
      Node(
        name, "Fill", of: [Endpoint(name + "/shape_as_tensor"), Endpoint(name + "/Const")],
        attributes: ["T": .type(TypeCode(dtype)), "index_type": .type(TypeCode(.int32))]),
    ])
    return Endpoint(name)
  }

  private static func littleEndian(_ shape: Shape) throws -> [UInt8] {
    try shape.dimensions.flatMap { size in
      guard let extent = Int32(exactly: size) else {
        throw KernelError(.usage, "", "a variable of shape \(shape) is too large for TensorFlow")
      }
      return withUnsafeBytes(of: extent.littleEndian) { [UInt8]($0) }
    }
  }
}
