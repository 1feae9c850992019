import Bytes
import CKernel
import CProtobufC
import Glibc

/// The object graph of a TF2 checkpoint, which repeats the keys of the tensors it restores.
package enum ObjectGraph {
  /// The key of the string tensor that holds the graph.
  package static let key: TensorName = "_CHECKPOINTABLE_OBJECT_GRAPH"

  /// The encoded string tensor `contents` with every tensor key replaced by `edit`'s answer; a value whose answer is
  /// `nil` is taken out, so that TensorFlow does not look for its tensor.
  ///
  /// All else in the graph, known or unknown to us, is kept.
  static func edited(
    _ contents: ByteView, path: String, _ edit: (TensorName) throws -> TensorName?
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
      let attributes = UnsafeMutableBufferPointer(start: node.pointee.attributes, count: node.pointee.n_attributes)
      var kept = 0
      for position in attributes.indices {
        guard let attribute = attributes[position] else { continue }
        if try replace(&attribute.pointee.checkpoint_key, with: edit) {
          attributes.swapAt(kept, position)
          kept += 1
        }
      }
      // What is taken out lies behind the rest now.
      for position in kept..<attributes.count {
        if let attribute = attributes[position] { protobuf_c_message_free_unpacked(&attribute.pointee.base, nil) }
      }
      node.pointee.n_attributes = kept
    }
    var packed = [UInt8](repeating: 0, count: ck__trackable_object_graph__get_packed_size(graph))
    ck__trackable_object_graph__pack(graph, &packed)
    return ByteView(StringTensor.encode([packed]))
  }

  /// Replaces a key inside the unpacked message, in memory that protobuf-c will free.
  ///
  /// - Returns: whether the value is to be kept.
  private static func replace(
    _ key: inout ProtobufCBinaryData, with edit: (TensorName) throws -> TensorName?
  ) throws -> Bool {
    let old = TensorName(utf8: Array(UnsafeBufferPointer(start: key.data, count: key.len)))
    guard let new = try edit(old)?.utf8 else { return false }
    guard new != old.utf8, let copy = malloc(max(new.count, 1)) else { return true }
    free(key.data)
    key.data = copy.assumingMemoryBound(to: UInt8.self)
    key.data.update(from: new, count: new.count)
    key.len = new.count
    return true
  }
}
