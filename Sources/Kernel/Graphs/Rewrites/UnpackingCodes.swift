import Bytes
import Tensors

extension MetaGraph {
  /// Adds the nodes that turn the bytes of ``CodePlanes`` into the float32 values that the codes stand for, with
  /// operators that every TensorFlow 1.x and 2.x has: each plane's bytes look up their codes' parts in a small table, the
  /// parts are added, and the codes look up their values. All are named `X_unpack/…` but the last, `X_unpack`, which has
  /// the variable's shape.
  ///
  /// Running them takes 4 bytes an element and plane beside the values.
  mutating func insertUnpacking(
    _ variable: String, _ stored: [Endpoint], bits: Int, _ shape: Shape, for read: Node
  ) throws -> Endpoint {
    let name = graph.uniqueName(variable + "_unpack")
    var builder = NodeBuilder(
      scope: name, device: read.device, controls: read.inputs.filter { $0.endpoint == nil })
    let layout = CodePlanes(bits: bits, elementCount: shape.elementCount)
    var codes: Endpoint?
    for (number, plane) in layout.planes.enumerated() {
      func named(_ part: String) -> String { layout.planes.count == 1 ? part : "\(part)_\(number)" }
      var bytes = stored[0]
      if layout.planes.count > 1 {
        bytes = builder.slice(named("bytes"), bytes, .uint8, plane.bytes)
      }
      let indices = builder.cast(named("indices"), bytes, .uint8, .int32)
      let table = builder.cast(
        named("table_int32"), builder.constant(named("table"), MetaGraph.parts(of: plane)), .uint8, .int32)
      var parts = builder.gather(named("parts"), table, indices, .int32)
      parts = builder.reshape(named("flat"), parts, .int32, [-1])
      if plane.bytes.count * plane.codesPerByte != layout.elementCount {
        parts = builder.slice(named("codes"), parts, .int32, 0..<layout.elementCount)
      }
      codes = codes.map { builder.add(named("sum"), $0, parts, .int32) } ?? parts
    }
    guard let codes else { throw read.error("is read from codes without planes") }
    let values = builder.gather("values", stored[1], codes, .float32)
    let result = builder.reshape(nil, values, .float32, shape.dimensions)
    try graph.insert(builder.nodes)
    return result
  }

  /// For each byte of a plane the parts of codes in it, at their places in the codes: uint8 [256, codes per byte].
  private static func parts(of plane: CodePlanes.Plane) -> TensorValue {
    let mask = 1 << plane.bits - 1
    var bytes: [UInt8] = []
    for byte in 0..<256 {
      for slot in 0..<plane.codesPerByte {
        bytes.append(UInt8(byte >> (slot * plane.bits) & mask) << UInt8(plane.shift))
      }
    }
    return TensorValue(.uint8, Shape([256, plane.codesPerByte]) ?? .scalar, bytes: bytes) ?? .int32(0)
  }
}

/// Makes nodes under one scope, each with the same device and control inputs.
private struct NodeBuilder {
  let scope: String
  let device: String
  let controls: [NodeInput]
  private(set) var nodes: [Node] = []

  private mutating func insert(
    _ name: String?, _ op: String, _ inputs: [Endpoint], _ attributes: Attributes
  ) -> Endpoint {
    let name = name.map { scope + "/" + $0 } ?? scope
    nodes.append(Node(name, op, inputs.map { .data($0) } + controls, device: device, attributes: attributes))
    return Endpoint(name)
  }

  mutating func constant(_ name: String, _ value: TensorValue) -> Endpoint {
    nodes.append(Node(scope + "/" + name, constant: value, device: device))
    return Endpoint(scope + "/" + name)
  }

  /// A vector of int32, or of int64 when a number does not fit or `isWide`.
  private mutating func integers(
    _ name: String, _ numbers: [Int], isWide: Bool = false
  ) -> (Endpoint, AttributeValue) {
    let isWide = isWide || numbers.contains { Int32(exactly: $0) == nil }
    let dtype = isWide ? DType.int64 : .int32
    let bytes = numbers.flatMap { number in
      isWide
        ? withUnsafeBytes(of: Int64(number).littleEndian) { Array($0) }
        : withUnsafeBytes(of: Int32(truncatingIfNeeded: number).littleEndian) { Array($0) }
    }
    let value = TensorValue(dtype, Shape([numbers.count]) ?? .scalar, bytes: bytes) ?? .int32(0)
    return (constant(name, value), .type(TypeCode(dtype)))
  }

  mutating func cast(_ name: String, _ input: Endpoint, _ from: DType, _ to: DType) -> Endpoint {
    insert(
      name, "Cast", [input],
      ["SrcT": .type(TypeCode(from)), "Truncate": .bool(false), "DstT": .type(TypeCode(to))])
  }

  mutating func gather(_ name: String, _ table: Endpoint, _ indices: Endpoint, _ dtype: DType) -> Endpoint {
    let axis = constant(name + "/axis", .int32(0))
    let index = AttributeValue.type(TypeCode(.int32))
    return insert(
      name, "GatherV2", [table, indices, axis],
      ["Tparams": .type(TypeCode(dtype)), "Tindices": index, "Taxis": index])
  }

  mutating func reshape(_ name: String?, _ input: Endpoint, _ dtype: DType, _ shape: [Int]) -> Endpoint {
    let (extents, type) = integers((name.map { $0 + "/" } ?? "") + "shape", shape)
    return insert(name, "Reshape", [input, extents], ["T": .type(TypeCode(dtype)), "Tshape": type])
  }

  /// The elements of a vector at `range`.
  mutating func slice(_ name: String, _ input: Endpoint, _ dtype: DType, _ range: Range<Int>) -> Endpoint {
    // Both vectors must be of one type.
    let wide = Int32(exactly: range.upperBound) == nil
    let (begin, type) = integers(name + "/begin", [range.lowerBound], isWide: wide)
    let (size, _) = integers(name + "/size", [range.count], isWide: wide)
    return insert(name, "Slice", [input, begin, size], ["T": .type(TypeCode(dtype)), "Index": type])
  }

  mutating func add(_ name: String, _ a: Endpoint, _ b: Endpoint, _ dtype: DType) -> Endpoint {
    insert(name, "Add", [a, b], ["T": .type(TypeCode(dtype))])
  }
}
