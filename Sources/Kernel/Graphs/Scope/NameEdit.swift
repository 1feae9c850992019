import CKernel
import CProtobufC

/// New names for nodes and for scopes, applied to names as the parts of a meta graph write them.
struct NameEdit {
  /// The new name of a node.
  let node: (String) -> String
  /// The new name of something that is no node: a loop's frame, a context, the whole of a partitioned variable.
  let scope: (String) -> String

  /// `name`, `name:k`, `^name` or `loc:@name` with the node's new name; empty stays empty.
  func reference(_ text: String) -> String {
    for mark in ["^", "loc:@"] where text.hasPrefix(mark) {
      return mark + node(String(text.dropFirst(mark.count)))
    }
    guard !text.isEmpty, let endpoint = Endpoint(parsing: text) else { return text }
    return text.utf8.contains(UInt8(ascii: ":")) ? "\(node(endpoint.node)):\(endpoint.output)" : node(text)
  }

  /// The same inside an unpacked message, in memory that protobuf-c will free.
  func reference(_ data: inout ProtobufCBinaryData) { replace(&data, reference) }

  func references(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) {
    guard let start else { return }
    for position in 0..<count { reference(&start[position]) }
  }

  func scope(_ data: inout ProtobufCBinaryData) { replace(&data) { $0.isEmpty ? $0 : scope($0) } }

  private func replace(_ data: inout ProtobufCBinaryData, _ edit: (String) -> String) {
    guard let text = data.text else { return }
    let new = Array(edit(text).utf8)
    if new != Array(text.utf8) { data.replace(with: new) }
  }
}

extension NameEdit {
  func saver(_ saver: SaverDefinition) -> SaverDefinition {
    var saver = saver
    saver.filenameTensor = reference(saver.filenameTensor)
    saver.saveTensor = reference(saver.saveTensor)
    saver.restoreNode = reference(saver.restoreNode)
    return saver
  }

  func variable(_ definition: VariableDefinition) -> VariableDefinition {
    var definition = definition
    definition.variable = reference(definition.variable)
    definition.initializer = reference(definition.initializer)
    definition.snapshot = reference(definition.snapshot)
    definition.initialValue = reference(definition.initialValue)
    if let name = definition.slice?.fullName { definition.slice?.fullName = scope(name) }
    return definition
  }

  func signature(_ signature: Signature) -> Signature {
    func edited(_ tensors: NamedValues<Signature.Tensor>) -> NamedValues<Signature.Tensor> {
      var tensors = tensors
      tensors.edit { _, tensor in
        var tensor = tensor
        tensor.name = tensor.name.map(reference)
        return tensor
      }
      return tensors
    }
    var signature = signature
    signature.inputs = edited(signature.inputs)
    signature.outputs = edited(signature.outputs)
    return signature
  }
}
