/// Little-endian numbers and base-128 varints appended to an array of bytes.
extension [UInt8] {
  /// Appends a base-128 varint of one to ten bytes.
  package mutating func append(varint value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  /// Appends the varint of the two's complement, as protobuf encodes int64.
  package mutating func append(varint value: Int) { append(varint: UInt64(bitPattern: Int64(value))) }

  /// Appends four bytes, little-endian.
  package mutating func append(fixed32 value: UInt32) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends eight bytes, little-endian.
  package mutating func append(fixed64 value: UInt64) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
