/// Little-endian numbers and base-128 varints appended to an array of bytes.
extension [UInt8] {
  package mutating func append(varint value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  package mutating func append(varint value: Int) { append(varint: UInt64(bitPattern: Int64(value))) }

  package mutating func append(fixed32 value: UInt32) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  package mutating func append(fixed64 value: UInt64) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
