import Bytes
import CKernel
import CProtobufC

/// Turns unpacked messages into values.
///
/// Errors are ``KernelError`` `.badData` with the node at fault where there is one; the caller adds the file.
enum GraphDecoder {
  static func graph(_ message: Ck__GraphDef) throws -> Graph {
    var graph = try Graph(messages(message.node, message.n_node).map { try node($0.pointee) })
    if let versions = message.versions?.pointee {
      graph.versions = GraphVersions(
        producer: Int(versions.producer), minimumConsumer: Int(versions.min_consumer),
        badConsumers: values(versions.bad_consumers, versions.n_bad_consumers).map { Int($0) })
      graph.versions?.other = OtherFields(versions.base)
    }
    graph.other = OtherFields(message.base)
    return graph
  }

  static func node(_ message: Ck__NodeDef) throws -> Node {
    let name = try text(message.name, "a node's name")
    var node = Node(name, try text(message.op, "its operator", at: name))
    node.device = try text(message.device, "its device", at: name)
    for data in values(message.input, message.n_input) {
      let written = try text(data, "an input", at: name)
      guard let input = NodeInput(parsing: written) else {
        throw node.error("the input \(written.printable) is neither name, name:k nor ^name")
      }
      node.inputs.append(input)
    }
    node.attributes = Attributes(
      try messages(message.attr, message.n_attr).map { entry in
        let key = try text(entry.pointee.key, "an attribute's name", at: name)
        return (key, entry.pointee.value.map { value($0) } ?? .other([]))
      })
    node.other = OtherFields(message.base)
    return node
  }

  /// The value that `message` holds; one that does not fit the enumeration is kept encoded.
  static func value(_ message: UnsafeMutablePointer<Ck__AttrValue>) -> AttributeValue {
    known(message.pointee) ?? .other(packed(message))
  }

  private static func known(_ message: Ck__AttrValue) -> AttributeValue? {
    guard message.base.n_unknown_fields == 0 else { return nil }
    switch message.value_case {
    case CK__ATTR_VALUE__VALUE_S: return .bytes(message.s.array)
    case CK__ATTR_VALUE__VALUE_I: return .int(Int(message.i))
    case CK__ATTR_VALUE__VALUE_F: return .float(message.f)
    case CK__ATTR_VALUE__VALUE_B: return .bool(message.b != 0)
    case CK__ATTR_VALUE__VALUE_TYPE: return .type(TypeCode(rawValue: message.type))
    case CK__ATTR_VALUE__VALUE_SHAPE: return message.shape.flatMap { shape($0.pointee) }.map { .shape($0) }
    case CK__ATTR_VALUE__VALUE_TENSOR: return .tensor(EncodedTensor(bytes: message.tensor.array))
    case CK__ATTR_VALUE__VALUE_PLACEHOLDER: return .placeholder(message.placeholder.array)
    case CK__ATTR_VALUE__VALUE_FUNC: return .function(message.func.array)
    case CK__ATTR_VALUE__VALUE_LIST: return message.list.flatMap { list($0.pointee) }.map { .list($0) }
    default: return nil
    }
  }

  /// `nil` for a list of several kinds.
  private static func list(_ message: Ck__AttrValue__ListValue) -> AttributeList? {
    guard message.base.n_unknown_fields == 0 else { return nil }
    let shapes = messages(message.shape, message.n_shape).compactMap { shape($0.pointee) }
    guard shapes.count == message.n_shape else { return nil }
    let kinds: [(Int, AttributeList)] = [
      (message.n_s, .bytes(values(message.s, message.n_s).map(\.array))),
      (message.n_i, .ints(values(message.i, message.n_i).map { Int($0) })),
      (message.n_f, .floats(Array(values(message.f, message.n_f)))),
      (message.n_b, .bools(values(message.b, message.n_b).map { $0 != 0 })),
      (message.n_type, .types(values(message.type, message.n_type).map { TypeCode(rawValue: $0) })),
      (message.n_shape, .shapes(shapes)),
      (message.n_tensor, .tensors(values(message.tensor, message.n_tensor).map { EncodedTensor(bytes: $0.array) })),
      (message.n_func, .functions(values(message.func, message.n_func).map(\.array))),
    ].filter { $0.0 > 0 }
    return kinds.count > 1 ? nil : kinds.first?.1 ?? .empty
  }

  /// `nil` for a shape whose dimensions have names, and for one that contradicts itself.
  static func shape(_ message: Ck__TensorShapeProto) -> PartialShape? {
    guard message.base.n_unknown_fields == 0 else { return nil }
    let dimensions = messages(message.dim, message.n_dim)
    if message.unknown_rank != 0 { return dimensions.isEmpty ? .unknown : nil }
    guard
      dimensions.allSatisfy({
        $0.pointee.base.n_unknown_fields == 0 && $0.pointee.name.len == 0 && $0.pointee.size >= -1
      })
    else { return nil }
    return PartialShape(dimensions.map { Int($0.pointee.size) })
  }

  static func text(_ data: ProtobufCBinaryData, _ what: String, at node: String? = nil) throws -> String {
    guard let text = data.text else {
      throw KernelError(.badData, "", at: node.map { .node($0) }, "\(what) is not valid UTF-8")
    }
    return text
  }
}
