import CProtobufC

/// Memory for the C structures of a message that is to be packed, given back all at once.
final class PackArena {
  private var blocks: [UnsafeMutableRawPointer] = []

  private var cleanups: [() -> Void] = []

  deinit {
    for cleanup in cleanups { cleanup() }
    for block in blocks { block.deallocate() }
  }

  /// Calls `cleanup` when the memory is given back.
  func atEnd(_ cleanup: @escaping () -> Void) { cleanups.append(cleanup) }

  private func block(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 16)
    blocks.append(block)
    return block
  }

  /// An empty message.
  func message<Message>(_ initialize: (UnsafeMutablePointer<Message>) -> Void) -> UnsafeMutablePointer<Message> {
    let message = block(MemoryLayout<Message>.stride).bindMemory(to: Message.self, capacity: 1)
    initialize(message)
    return message
  }

  /// A copy of `elements`; `nil` when there are none.
  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let start = block(elements.count * MemoryLayout<Element>.stride).bindMemory(
      to: Element.self, capacity: elements.count)
    start.initialize(from: elements, count: elements.count)
    return start
  }

  /// Pointers to messages, as a repeated field wants them.
  func pointers<Message>(
    _ messages: [UnsafeMutablePointer<Message>]
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?>? {
    array(messages.map { Optional($0) })
  }

  func data(_ bytes: [UInt8]) -> ProtobufCBinaryData { ProtobufCBinaryData(len: bytes.count, data: array(bytes)) }

  func data(_ text: String) -> ProtobufCBinaryData {
    var text = text
    return text.withUTF8 { utf8 in
      let start = block(utf8.count).bindMemory(to: UInt8.self, capacity: utf8.count)
      if let source = utf8.baseAddress { start.update(from: source, count: utf8.count) }
      return ProtobufCBinaryData(len: utf8.count, data: start)
    }
  }

  func data(_ texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? { array(texts.map { data($0) }) }

  func data(_ items: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData>? { array(items.map { data($0) }) }

  /// Gives `message` the fields that we do not know.
  func add(_ other: OtherFields, to message: inout ProtobufCMessage) {
    message.n_unknown_fields = UInt32(other.fields.count)
    message.unknown_fields = array(
      other.fields.map { field in
        ProtobufCMessageUnknownField(
          tag: field.number, wire_type: ProtobufCWireType(rawValue: field.wireType), len: field.bytes.count,
          data: array(field.bytes))
      })
  }
}
