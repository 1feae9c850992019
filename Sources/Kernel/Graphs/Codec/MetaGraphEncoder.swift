import CKernel
import CProtobufC

extension GraphEncoder {
  func metaGraph(_ meta: MetaGraph) -> UnsafeMutablePointer<Ck__MetaGraphDef> {
    let message = arena.message(ck__meta_graph_def__init)
    message.pointee.meta_info_def = meta.info.map(info)
    message.pointee.graph_def = graph(meta.graph)
    message.pointee.saver_def = meta.saver.map(saver)
    message.pointee.n_collection_def = meta.collections.count
    message.pointee.collection_def = arena.pointers(
      meta.collections.entries.map { entry in
        let collection = arena.message(ck__meta_graph_def__collection_entry__init)
        collection.pointee.key = arena.data(entry.name)
        collection.pointee.value = self.collection(entry.value)
        return collection
      })
    message.pointee.n_signature_def = meta.signatures.count
    message.pointee.signature_def = arena.pointers(
      meta.signatures.entries.map { entry in
        let signature = arena.message(ck__meta_graph_def__signature_entry__init)
        signature.pointee.key = arena.data(entry.name)
        signature.pointee.value = self.signature(entry.value)
        return signature
      })
    arena.add(meta.other, to: &message.pointee.base)
    return message
  }

  private func info(_ info: MetaGraphInfo) -> UnsafeMutablePointer<Ck__MetaGraphDef__MetaInfoDef> {
    let message = arena.message(ck__meta_graph_def__meta_info_def__init)
    message.pointee.n_tags = info.tags.count
    message.pointee.tags = arena.data(info.tags)
    message.pointee.tensorflow_version = arena.data(info.tensorflowVersion)
    message.pointee.tensorflow_git_version = arena.data(info.tensorflowGitVersion)
    message.pointee.stripped_default_attrs = info.hasStrippedDefaults ? 1 : 0
    arena.add(info.other, to: &message.pointee.base)
    return message
  }

  func saver(_ saver: SaverDefinition) -> UnsafeMutablePointer<Ck__SaverDef> {
    let message = arena.message(ck__saver_def__init)
    message.pointee.filename_tensor_name = arena.data(saver.filenameTensor)
    message.pointee.save_tensor_name = arena.data(saver.saveTensor)
    message.pointee.restore_op_name = arena.data(saver.restoreNode)
    message.pointee.max_to_keep = Int32(truncatingIfNeeded: saver.checkpointsToKeep)
    message.pointee.sharded = saver.isSharded ? 1 : 0
    message.pointee.keep_checkpoint_every_n_hours = saver.hoursBetweenKept
    message.pointee.version = Int32(truncatingIfNeeded: saver.version)
    arena.add(saver.other, to: &message.pointee.base)
    return message
  }

  private func collection(_ collection: Collection) -> UnsafeMutablePointer<Ck__CollectionDef> {
    let message = arena.message(ck__collection_def__init)
    switch collection {
    case .none: break
    case .names(let names):
      let list = arena.message(ck__collection_def__node_list__init)
      list.pointee.n_value = names.count
      list.pointee.value = arena.data(names)
      message.pointee.kind_case = CK__COLLECTION_DEF__KIND_NODE_LIST
      message.pointee.node_list = list
    case .bytes(let items):
      let list = arena.message(ck__collection_def__bytes_list__init)
      list.pointee.n_value = items.count
      list.pointee.value = arena.data(items)
      message.pointee.kind_case = CK__COLLECTION_DEF__KIND_BYTES_LIST
      message.pointee.bytes_list = list
    case .ints(let numbers):
      let list = arena.message(ck__collection_def__int64_list__init)
      list.pointee.n_value = numbers.count
      list.pointee.value = arena.array(numbers.map { Int64($0) })
      message.pointee.kind_case = CK__COLLECTION_DEF__KIND_INT64_LIST
      message.pointee.int64_list = list
    case .floats(let numbers):
      let list = arena.message(ck__collection_def__float_list__init)
      list.pointee.n_value = numbers.count
      list.pointee.value = arena.array(numbers)
      message.pointee.kind_case = CK__COLLECTION_DEF__KIND_FLOAT_LIST
      message.pointee.float_list = list
    case .any(let bytes):
      message.pointee.kind_case = CK__COLLECTION_DEF__KIND_ANY_LIST
      message.pointee.any_list = arena.data(bytes)
    }
    return message
  }

  private func signature(_ signature: Signature) -> UnsafeMutablePointer<Ck__SignatureDef> {
    let message = arena.message(ck__signature_def__init)
    message.pointee.n_inputs = signature.inputs.count
    message.pointee.inputs = tensors(signature.inputs)
    message.pointee.n_outputs = signature.outputs.count
    message.pointee.outputs = tensors(signature.outputs)
    message.pointee.method_name = arena.data(signature.methodName)
    arena.add(signature.other, to: &message.pointee.base)
    return message
  }

  private func tensors(
    _ tensors: NamedValues<Signature.Tensor>
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Ck__SignatureDef__TensorEntry>?>? {
    arena.pointers(
      tensors.entries.map { entry in
        let message = arena.message(ck__signature_def__tensor_entry__init)
        message.pointee.key = arena.data(entry.name)
        let info = arena.message(ck__tensor_info__init)
        if let name = entry.value.name {
          info.pointee.encoding_case = CK__TENSOR_INFO__ENCODING_NAME
          info.pointee.name = arena.data(name)
        }
        info.pointee.dtype = entry.value.type.rawValue
        info.pointee.tensor_shape = entry.value.shape.map(shape)
        arena.add(entry.value.other, to: &info.pointee.base)
        message.pointee.value = info
        return message
      })
  }
}
