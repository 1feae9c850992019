import Bytes
import CKernel
import CProtobufC

/// New names for functions, wherever a node or another function names one: as its operator, in an attribute that is a
/// function or a list of them, within the attributes of such a one, or as the other half of a pair of forward and
/// backward functions.
///
/// Errors are ``ByteReader/Fault``s in encoded messages.
struct FunctionNames {
  /// Functions within attributes of functions.
  private static let depthLimit = 50
  /// The attributes of a function in which TensorFlow 2 keeps a function's name as a string.
  private static let pairs: Set<String> = ["forward_function_name", "backward_function_name"]

  /// The name that a function gets; its own if it keeps that.
  let name: (String) -> String

  /// A node of the graph.
  func edit(_ node: inout Node) throws {
    node.op = name(node.op)
    try node.attributes.edit { _, value in
      switch value {
      case .function(let bytes): .function(try call(bytes, depth: 0))
      case .list(.functions(let items)): .list(.functions(try items.map { try call($0, depth: 0) }))
      default: value
      }
    }
  }

  /// An encoded `FunctionDef`, its own name among the others.
  func function(_ bytes: [UInt8]) throws -> [UInt8] {
    try bytes.withUnsafeBytes { bytes in
      try withUnpacked(bytes, ck__function_def__init) { message in
        if let signature = message.pointee.signature { edit(&signature.pointee.name) }
        for node in messages(message.pointee.node_def, message.pointee.n_node_def) {
          edit(&node.pointee.op)
          try edit(messages(node.pointee.attr, node.pointee.n_attr), depth: 0)
        }
        let attributes = messages(message.pointee.attr, message.pointee.n_attr)
        try edit(attributes, depth: 0)
        for entry in attributes where entry.pointee.key.text.map(FunctionNames.pairs.contains) ?? false {
          guard let value = entry.pointee.value, value.pointee.value_case == CK__ATTR_VALUE__VALUE_S else {
            continue
          }
          edit(&value.pointee.s)
        }
        return packed(message)
      }
    }
  }

  /// An encoded `NameAttrList`.
  private func call(_ bytes: [UInt8], depth: Int) throws -> [UInt8] {
    guard depth < FunctionNames.depthLimit else {
      throw ByteReader.Fault(offset: 0, problem: "over \(FunctionNames.depthLimit) functions within functions")
    }
    return try bytes.withUnsafeBytes { bytes in
      try withUnpacked(bytes, ck__name_attr_list__init) { message in
        edit(&message.pointee.name)
        try edit(messages(message.pointee.attr, message.pointee.n_attr), depth: depth + 1)
        return packed(message)
      }
    }
  }

  private func edit(_ attributes: [UnsafeMutablePointer<Ck__NodeDef__AttrEntry>], depth: Int) throws {
    for entry in attributes {
      guard let value = entry.pointee.value else { continue }
      switch value.pointee.value_case {
      case CK__ATTR_VALUE__VALUE_FUNC: try editCall(&value.pointee.func, depth: depth)
      case CK__ATTR_VALUE__VALUE_LIST:
        guard let list = value.pointee.list, let items = list.pointee.func else { continue }
        for item in 0..<list.pointee.n_func { try editCall(&items[item], depth: depth) }
      default: break
      }
    }
  }

  private func editCall(_ data: inout ProtobufCBinaryData, depth: Int) throws {
    let bytes = data.array
    let edited = try call(bytes, depth: depth)
    if edited != bytes { data.replace(with: edited) }
  }

  private func edit(_ data: inout ProtobufCBinaryData) {
    guard let old = data.text else { return }
    let new = name(old)
    if new != old { data.replace(with: Array(new.utf8)) }
  }
}
