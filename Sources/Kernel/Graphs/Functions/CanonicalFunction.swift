import CKernel
import CProtobufC

/// An encoded `FunctionDef` with the entries of its maps in the order of their keys: the same for functions that are the
/// same, since writers leave that order to chance.
///
/// - Throws: ``ByteReader/Fault`` when it is no such message.
func canonicalFunction(_ bytes: [UInt8]) throws -> [UInt8] {
  try bytes.withUnsafeBytes { bytes in
    try withUnpacked(bytes, ck__function_def__init) { message in
      sort(message.pointee.attr, message.pointee.n_attr)
      for node in messages(message.pointee.node_def, message.pointee.n_node_def) {
        sort(node.pointee.attr, node.pointee.n_attr)
      }
      // The maps that we do not know.
      var others = UnsafeMutableBufferPointer(
        start: message.pointee.base.unknown_fields, count: Int(message.pointee.base.n_unknown_fields))
      others.sort { a, b in
        a.tag == b.tag
          ? UnsafeBufferPointer(start: a.data, count: a.len)
            .lexicographicallyPrecedes(UnsafeBufferPointer(start: b.data, count: b.len)) : a.tag < b.tag
      }
      return packed(message)
    }
  }
}

private func sort(_ start: UnsafeMutablePointer<UnsafeMutablePointer<Ck__NodeDef__AttrEntry>?>?, _ count: Int) {
  guard let start else { return }
  var entries = UnsafeMutableBufferPointer(start: start, count: count)
  entries.sort { a, b in
    guard let a = a?.pointee.key, let b = b?.pointee.key else { return false }
    return UnsafeBufferPointer(start: a.data, count: a.len)
      .lexicographicallyPrecedes(UnsafeBufferPointer(start: b.data, count: b.len))
  }
}
