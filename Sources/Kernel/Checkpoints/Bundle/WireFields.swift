import Bytes

/// The fields of a small protobuf message walked in place; groups and field number zero are refused.
struct WireFields {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(UnsafeRawBufferPointer)
    case fixed32(UInt32)
  }

  private var reader: ByteReader

  init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

  /// The next field, or `nil` at the end; `raw` is the whole field as encoded.
  mutating func next() throws(ByteReader.Fault) -> (number: Int, value: Value, raw: UnsafeRawBufferPointer)? {
    guard !reader.isAtEnd else { return nil }
    let start = reader.offset
    let tag = try reader.varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard number > 0, tag <= UInt64(UInt32.max) else {
      throw ByteReader.Fault(offset: start, problem: "field number \(tag >> 3) is not valid protobuf")
    }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try reader.varint())
    case 1: value = .fixed64(try reader.fixed64())
    case 2: value = .bytes(try reader.take(try reader.length(limit: reader.remaining)))
    case 5: value = .fixed32(try reader.fixed32())
    default: throw ByteReader.Fault(offset: start, problem: "wire type \(tag & 7) is not valid here")
    }
    return (number, value, UnsafeRawBufferPointer(rebasing: reader.bytes[start..<reader.offset]))
  }
}

/// Canonical protobuf encoding, fields in ascending order, zero values left out by the caller.
extension [UInt8] {
  mutating func append(field number: Int, varint value: UInt64) {
    append(varint: UInt64(number) << 3)
    append(varint: value)
  }

  mutating func append(field number: Int, bytes: [UInt8]) {
    append(varint: UInt64(number) << 3 | 2)
    append(varint: bytes.count)
    append(contentsOf: bytes)
  }

  mutating func append(field number: Int, fixed32 value: UInt32) {
    append(varint: UInt64(number) << 3 | 5)
    append(fixed32: value)
  }
}
