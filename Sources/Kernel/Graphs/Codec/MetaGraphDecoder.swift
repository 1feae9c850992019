import Bytes
import CKernel
import CProtobufC

extension GraphDecoder {
  static func metaGraph(_ message: Ck__MetaGraphDef) throws -> MetaGraph {
    var meta = MetaGraph(graph: try message.graph_def.map { try graph($0.pointee) } ?? Graph())
    meta.info = try message.meta_info_def.map { try info($0.pointee) }
    meta.saver = try message.saver_def.map { try saver($0.pointee) }
    meta.collections = NamedValues(
      try messages(message.collection_def, message.n_collection_def).map { entry in
        let name = try text(entry.pointee.key, "a collection's name")
        return (name, try entry.pointee.value.map { try collection($0.pointee, name) } ?? Collection.none)
      })
    meta.signatures = NamedValues(
      try messages(message.signature_def, message.n_signature_def).map { entry in
        let name = try text(entry.pointee.key, "a signature's name")
        return (name, try entry.pointee.value.map { try signature($0.pointee) } ?? Signature())
      })
    meta.other = OtherFields(message.base)
    return meta
  }

  private static func info(_ message: Ck__MetaGraphDef__MetaInfoDef) throws -> MetaGraphInfo {
    var info = MetaGraphInfo()
    info.tags = try values(message.tags, message.n_tags).map { try text($0, "a tag") }
    info.tensorflowVersion = try text(message.tensorflow_version, "the version of TensorFlow")
    info.tensorflowGitVersion = try text(message.tensorflow_git_version, "the version of TensorFlow")
    info.hasStrippedDefaults = message.stripped_default_attrs != 0
    info.other = OtherFields(message.base)
    return info
  }

  static func saver(_ message: Ck__SaverDef) throws -> SaverDefinition {
    var saver = SaverDefinition(
      filenameTensor: try text(message.filename_tensor_name, "a name in the saver"),
      saveTensor: try text(message.save_tensor_name, "a name in the saver"),
      restoreNode: try text(message.restore_op_name, "a name in the saver"))
    saver.checkpointsToKeep = Int(message.max_to_keep)
    saver.isSharded = message.sharded != 0
    saver.hoursBetweenKept = message.keep_checkpoint_every_n_hours
    saver.version = Int(message.version)
    saver.other = OtherFields(message.base)
    return saver
  }

  private static func collection(_ message: Ck__CollectionDef, _ name: String) throws -> Collection {
    switch message.kind_case {
    case CK__COLLECTION_DEF__KIND_NODE_LIST:
      guard let list = message.node_list?.pointee else { return .none }
      return .names(try values(list.value, list.n_value).map { try text($0, "a name in collection \(name)") })
    case CK__COLLECTION_DEF__KIND_BYTES_LIST:
      guard let list = message.bytes_list?.pointee else { return .none }
      return .bytes(values(list.value, list.n_value).map(\.array))
    case CK__COLLECTION_DEF__KIND_INT64_LIST:
      guard let list = message.int64_list?.pointee else { return .none }
      return .ints(values(list.value, list.n_value).map { Int($0) })
    case CK__COLLECTION_DEF__KIND_FLOAT_LIST:
      guard let list = message.float_list?.pointee else { return .none }
      return .floats(Array(values(list.value, list.n_value)))
    case CK__COLLECTION_DEF__KIND_ANY_LIST: return .any(message.any_list.array)
    default: return .none
    }
  }

  private static func signature(_ message: Ck__SignatureDef) throws -> Signature {
    var signature = Signature()
    signature.inputs = try tensors(messages(message.inputs, message.n_inputs))
    signature.outputs = try tensors(messages(message.outputs, message.n_outputs))
    signature.methodName = try text(message.method_name, "a signature's method")
    signature.other = OtherFields(message.base)
    return signature
  }

  private static func tensors(
    _ entries: [UnsafeMutablePointer<Ck__SignatureDef__TensorEntry>]
  ) throws -> NamedValues<Signature.Tensor> {
    NamedValues(
      try entries.map { entry in
        (
          try text(entry.pointee.key, "a signature's key"),
          try entry.pointee.value.map { try tensor($0.pointee) } ?? Signature.Tensor(type: TypeCode(rawValue: 0))
        )
      })
  }

  private static func tensor(_ message: Ck__TensorInfo) throws -> Signature.Tensor {
    var tensor = Signature.Tensor(type: TypeCode(rawValue: message.dtype))
    if message.encoding_case == CK__TENSOR_INFO__ENCODING_NAME {
      tensor.name = try text(message.name, "a tensor of a signature")
    }
    tensor.shape = message.tensor_shape.flatMap { shape($0.pointee) }
    tensor.other = OtherFields(message.base)
    if let encoded = message.tensor_shape, tensor.shape == nil {
      // A shape whose dimensions have names is kept as it is.
      var bytes: [UInt8] = []
      let shape = packed(encoded)
      bytes.append(varint: shape.count)
      tensor.other.fields.append(.init(number: 3, wireType: 2, bytes: bytes + shape))
    }
    return tensor
  }
}
