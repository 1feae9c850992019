import Bytes
import CKernel
import CProtobufC
import Glibc

/// The object graph of a TF2 checkpoint, which repeats the keys of the tensors it restores.
package enum ObjectGraph {
  /// The key of the string tensor that holds the graph.
  package static let key: TensorName = "_CHECKPOINTABLE_OBJECT_GRAPH"

  /// The encoded string tensor `contents` with every tensor key replaced by `rename`'s answer.
  ///
  /// All else in the graph, known or unknown to us, is kept.
  static func renamed(
    _ contents: ByteView, path: String, _ rename: (TensorName) throws -> TensorName
  ) throws -> ByteView {
    let damaged = KernelError(.badData, path, at: .tensor(key.description), "is not a valid object graph")
    let strings = try contents.withUnsafeBytes { bytes in
      do { return try StringTensor.decode(bytes, count: 1) } catch is ByteReader.Fault { throw damaged }
    }
    let message = strings[0]
    guard let graph = ck__trackable_object_graph__unpack(nil, message.count, message) else { throw damaged }
    defer { ck__trackable_object_graph__free_unpacked(graph, nil) }
    for node in UnsafeBufferPointer(start: graph.pointee.nodes, count: graph.pointee.n_nodes) {
      guard let node else { continue }
      for attribute in UnsafeBufferPointer(start: node.pointee.attributes, count: node.pointee.n_attributes) {
        guard let attribute else { continue }
        try replace(&attribute.pointee.checkpoint_key, with: rename)
      }
    }
    var packed = [UInt8](repeating: 0, count: ck__trackable_object_graph__get_packed_size(graph))
    ck__trackable_object_graph__pack(graph, &packed)
    return ByteView(StringTensor.encode([packed]))
  }

  /// Replaces a key inside the unpacked message, in memory that protobuf-c will free.
  private static func replace(
    _ key: inout ProtobufCBinaryData, with rename: (TensorName) throws -> TensorName
  ) throws {
    let old = TensorName(utf8: Array(UnsafeBufferPointer(start: key.data, count: key.len)))
    let new = try rename(old).utf8
    guard new != old.utf8, let copy = malloc(max(new.count, 1)) else { return }
    free(key.data)
    key.data = copy.assumingMemoryBound(to: UInt8.self)
    key.data.update(from: new, count: new.count)
    key.len = new.count
  }
}
