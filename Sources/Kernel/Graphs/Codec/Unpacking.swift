import Bytes
import CProtobufC
import Glibc

/// Unpacks `bytes` as the message that `initialize` makes empty, after a check of all that could hurt, and calls `body`
/// with it.
///
/// - Throws: ``ByteReader/Fault`` when they are no such message, and what `body` throws.
func withUnpacked<Message, Result>(
  _ bytes: UnsafeRawBufferPointer, _ initialize: (UnsafeMutablePointer<Message>) -> Void,
  _ body: (UnsafeMutablePointer<Message>) throws -> Result
) throws -> Result {
  // An empty message knows the address of its type's description, which Swift cannot take of a C constant.
  let type = withUnsafeTemporaryAllocation(of: Message.self, capacity: 1) { empty in
    empty.baseAddress.flatMap { empty in
      initialize(empty)
      return UnsafeRawPointer(empty).assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor
    }
  }
  guard let type else { throw ByteReader.Fault(offset: 0, problem: "no memory for a message") }
  try MessageScan.check(bytes, as: type)
  let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let message = protobuf_c_message_unpack(type, nil, bytes.count, data) else {
    throw ByteReader.Fault(
      offset: 0, problem: "is not a valid \(String(cString: type.pointee.short_name)) message")
  }
  defer { protobuf_c_message_free_unpacked(message, nil) }
  return try body(UnsafeMutableRawPointer(message).assumingMemoryBound(to: Message.self))
}

/// The encoded form of an unpacked message, or of one built in memory.
func packed(_ message: UnsafePointer<ProtobufCMessage>) -> [UInt8] {
  let count = protobuf_c_message_get_packed_size(message)
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    filled = count == 0 ? 0 : protobuf_c_message_pack(message, buffer.baseAddress)
  }
}

/// The encoded form of a message of any type.
func packed<Message>(_ message: UnsafeMutablePointer<Message>) -> [UInt8] {
  packed(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self))
}

/// The messages of a repeated field.
func messages<Message>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int
) -> [UnsafeMutablePointer<Message>] {
  UnsafeBufferPointer(start: start, count: start == nil ? 0 : count).compactMap { $0 }
}

/// The values of a repeated field of numbers or bytes.
func values<Value>(_ start: UnsafeMutablePointer<Value>?, _ count: Int) -> UnsafeBufferPointer<Value> {
  UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
}

extension ProtobufCBinaryData {
  /// A copy.
  var array: [UInt8] { [UInt8](UnsafeBufferPointer(start: data, count: data == nil ? 0 : len)) }

  /// Replaces the bytes, in memory that protobuf-c will free; leaves them when there is none.
  mutating func replace(with bytes: [UInt8]) {
    guard let copy = malloc(max(bytes.count, 1)) else { return }
    free(data)
    data = copy.assumingMemoryBound(to: UInt8.self)
    data.update(from: bytes, count: bytes.count)
    len = bytes.count
  }

  /// The text, when it is text.
  var text: String? {
    String(validating: UnsafeBufferPointer(start: data, count: data == nil ? 0 : len), as: UTF8.self)
  }
}

extension OtherFields {
  /// The fields of an unpacked message that we do not know.
  init(_ message: ProtobufCMessage) {
    fields = values(message.unknown_fields, Int(message.n_unknown_fields)).map { field in
      Field(
        number: field.tag, wireType: UInt32(field.wire_type.rawValue),
        bytes: [UInt8](UnsafeBufferPointer(start: field.data, count: field.len)))
    }
  }
}
