import CKernel
import CProtobufC

/// Builds the messages of values in memory that lives as long as the encoder.
struct GraphEncoder {
  let arena = PackArena()

  func graph(_ graph: Graph) -> UnsafeMutablePointer<Ck__GraphDef> {
    let message = arena.message(ck__graph_def__init)
    message.pointee.n_node = graph.nodes.count
    message.pointee.node = arena.pointers(graph.nodes.map(node))
    if let versions = graph.versions {
      let encoded = arena.message(ck__version_def__init)
      encoded.pointee.producer = Int32(truncatingIfNeeded: versions.producer)
      encoded.pointee.min_consumer = Int32(truncatingIfNeeded: versions.minimumConsumer)
      encoded.pointee.n_bad_consumers = versions.badConsumers.count
      encoded.pointee.bad_consumers = arena.array(versions.badConsumers.map { Int32(truncatingIfNeeded: $0) })
      arena.add(versions.other, to: &encoded.pointee.base)
      message.pointee.versions = encoded
    }
    arena.add(graph.other, to: &message.pointee.base)
    return message
  }

  func node(_ node: Node) -> UnsafeMutablePointer<Ck__NodeDef> {
    let message = arena.message(ck__node_def__init)
    message.pointee.name = arena.data(node.name)
    message.pointee.op = arena.data(node.op)
    message.pointee.n_input = node.inputs.count
    message.pointee.input = arena.data(node.inputs.map(\.description))
    message.pointee.device = arena.data(node.device)
    message.pointee.n_attr = node.attributes.count
    message.pointee.attr = arena.pointers(
      node.attributes.entries.map { entry in
        let attribute = arena.message(ck__node_def__attr_entry__init)
        attribute.pointee.key = arena.data(entry.name)
        attribute.pointee.value = value(entry.value)
        return attribute
      })
    arena.add(node.other, to: &message.pointee.base)
    return message
  }

  func value(_ value: AttributeValue) -> UnsafeMutablePointer<Ck__AttrValue> {
    let message = arena.message(ck__attr_value__init)
    switch value {
    case .bytes(let bytes):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_S
      message.pointee.s = arena.data(bytes)
    case .int(let number):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_I
      message.pointee.i = Int64(number)
    case .float(let number):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_F
      message.pointee.f = number
    case .bool(let truth):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_B
      message.pointee.b = truth ? 1 : 0
    case .type(let code):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_TYPE
      message.pointee.type = code.rawValue
    case .shape(let shape):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_SHAPE
      message.pointee.shape = self.shape(shape)
    case .tensor(let tensor):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_TENSOR
      message.pointee.tensor = arena.data(tensor.bytes)
    case .list(let list):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_LIST
      message.pointee.list = self.list(list)
    case .function(let bytes):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_FUNC
      message.pointee.func = arena.data(bytes)
    case .placeholder(let bytes):
      message.pointee.value_case = CK__ATTR_VALUE__VALUE_PLACEHOLDER
      message.pointee.placeholder = arena.data(bytes)
    case .other(let bytes): return arena.unpacked(bytes) ?? message
    }
    return message
  }

  private func list(_ list: AttributeList) -> UnsafeMutablePointer<Ck__AttrValue__ListValue> {
    let message = arena.message(ck__attr_value__list_value__init)
    switch list {
    case .empty: break
    case .bytes(let items):
      message.pointee.n_s = items.count
      message.pointee.s = arena.data(items)
    case .ints(let numbers):
      message.pointee.n_i = numbers.count
      message.pointee.i = arena.array(numbers.map { Int64($0) })
    case .floats(let numbers):
      message.pointee.n_f = numbers.count
      message.pointee.f = arena.array(numbers)
    case .bools(let truths):
      message.pointee.n_b = truths.count
      message.pointee.b = arena.array(truths.map { $0 ? 1 : 0 })
    case .types(let codes):
      message.pointee.n_type = codes.count
      message.pointee.type = arena.array(codes.map(\.rawValue))
    case .shapes(let shapes):
      message.pointee.n_shape = shapes.count
      message.pointee.shape = arena.pointers(shapes.map(shape))
    case .tensors(let tensors):
      message.pointee.n_tensor = tensors.count
      message.pointee.tensor = arena.data(tensors.map(\.bytes))
    case .functions(let functions):
      message.pointee.n_func = functions.count
      message.pointee.func = arena.data(functions)
    }
    return message
  }

  func shape(_ shape: PartialShape) -> UnsafeMutablePointer<Ck__TensorShapeProto> {
    let message = arena.message(ck__tensor_shape_proto__init)
    guard let dimensions = shape.dimensions else {
      message.pointee.unknown_rank = 1
      return message
    }
    message.pointee.n_dim = dimensions.count
    message.pointee.dim = arena.pointers(
      dimensions.map { size in
        let dimension = arena.message(ck__tensor_shape_proto__dim__init)
        dimension.pointee.size = Int64(size)
        return dimension
      })
    return message
  }
}

extension PackArena {
  /// An attribute that was kept encoded; `nil` when it no longer is one.
  fileprivate func unpacked(_ bytes: [UInt8]) -> UnsafeMutablePointer<Ck__AttrValue>? {
    guard let message = ck__attr_value__unpack(nil, bytes.count, bytes) else { return nil }
    atEnd { ck__attr_value__free_unpacked(message, nil) }
    return message
  }
}
