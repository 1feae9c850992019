import Bytes
import CKernel
import CProtobufC

/// A walk over an encoded message before protobuf-c unpacks it, which has no limits of its own.
///
/// It refuses what no writer makes and what would cost more memory than a file of its size deserves: deep nesting, a
/// message given twice where one belongs, groups, lengths that lie, and more than `64 MiB + 24 × the bytes` of memory.
///
/// Memory: none.
struct MessageScan {
  /// The deepest nesting of messages; contexts of loops within loops are the only ones without a natural end.
  private static let depthLimit = 50
  private let memoryLimit: Int
  private var memory = 0

  /// Checks that `bytes` can be unpacked as a message of that type.
  static func check(
    _ bytes: UnsafeRawBufferPointer, as descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(ByteReader.Fault) {
    guard bytes.count <= Int32.max else {
      throw .init(offset: 0, problem: "a message of \(bytes.count) bytes is beyond protobuf's 2 GiB")
    }
    var scan = MessageScan(memoryLimit: 64 << 20 + 24 * bytes.count)
    try scan.message(bytes, 0..<bytes.count, descriptor, depth: 0)
  }

  private init(memoryLimit: Int) { self.memoryLimit = memoryLimit }

  private mutating func message(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ type: UnsafePointer<ProtobufCMessageDescriptor>,
    depth: Int
  ) throws(ByteReader.Fault) {
    guard depth < MessageScan.depthLimit else {
      throw .init(offset: range.lowerBound, problem: "over \(MessageScan.depthLimit) messages within messages")
    }
    try spend(type.pointee.sizeof_message, range.lowerBound)
    let fields = UnsafeBufferPointer(start: type.pointee.fields, count: Int(type.pointee.n_fields))
    var seen: UInt64 = 0
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]), offset: range.lowerBound)
    while !reader.isAtEnd {
      let start = reader.offset
      let tag = try reader.varint()
      guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else {
        throw .init(offset: start, problem: "field number \(tag >> 3) is not valid protobuf")
      }
      let known = fields.firstIndex { UInt64($0.id) == tag >> 3 }
      switch tag & 7 {
      case 0: _ = try reader.varint()
      case 1: _ = try reader.fixed64()
      case 5: _ = try reader.fixed32()
      case 2:
        let length = try reader.length(limit: reader.remaining)
        let contents = reader.offset..<(reader.offset + length)
        _ = try reader.take(length)
        guard let known, fields[known].type == PROTOBUF_C_TYPE_MESSAGE, let inner = fields[known].descriptor else {
          // A packed varint of one byte takes eight; what is in messages is counted there.
          let isCopied = known.map { fields[$0].type == PROTOBUF_C_TYPE_BYTES } ?? true
          try spend(isCopied ? length : 8 * length, start)
          break
        }
        if fields[known].label != PROTOBUF_C_LABEL_REPEATED {
          guard known < 64, seen & 1 << UInt64(known) == 0 else {
            throw .init(offset: start, problem: "field \(tag >> 3) of \(name(type)) is given twice")
          }
          seen |= 1 << UInt64(known)
        }
        try self.message(
          bytes, contents, inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), depth: depth + 1)
      default: throw .init(offset: start, problem: "wire type \(tag & 7) is not valid here")
      }
      // A pointer or a number in an array, or the record of an unknown field.
      try spend(known == nil ? 48 : 16, start)
    }
  }

  private func name(_ type: UnsafePointer<ProtobufCMessageDescriptor>) -> String {
    String(cString: type.pointee.short_name)
  }

  private mutating func spend(_ byteCount: Int, _ offset: Int) throws(ByteReader.Fault) {
    memory += byteCount
    guard memory <= memoryLimit else {
      throw .init(offset: offset, problem: "the message would take over \(memoryLimit) bytes of memory")
    }
  }
}
