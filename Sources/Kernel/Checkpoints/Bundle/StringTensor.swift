import Bytes

/// The encoding of a string tensor in a bundle: the lengths as varints, a masked checksum of the lengths, the bytes.
///
/// The checksums hash each length as 4 little-endian bytes (8 when it exceeds 32 bits), not as the varint
/// (specs: formats §5.2).
public enum StringTensor {
  /// Walks `count` strings, checking both checksums, and calls `body` with each.
  ///
  /// - Parameter maskedCRC: the entry's checksum; `nil` skips that comparison.
  package static func forEach(
    _ bytes: UnsafeRawBufferPointer, count: Int, maskedCRC: UInt32?,
    _ body: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(ByteReader.Fault) {
    var lengths = ByteReader(bytes)
    var crc: UInt32 = 0
    for _ in 0..<count { crc = extend(crc, length: try lengths.length(limit: bytes.count)) }
    var strings = lengths
    let stored = try strings.fixed32()
    guard CRC32C.unmask(stored) == crc else { throw lengths.fault("the checksum of the strings' lengths is wrong") }
    crc = CRC32C.extend(crc, UnsafeRawBufferPointer(rebasing: bytes[lengths.offset..<strings.offset]))
    lengths = ByteReader(bytes)
    for _ in 0..<count {
      let string = try strings.take(try lengths.length())
      crc = CRC32C.extend(crc, string)
      body(string)
    }
    guard strings.isAtEnd else { throw strings.fault("\(strings.remaining) bytes follow the last string") }
    if let maskedCRC, CRC32C.unmask(maskedCRC) != crc {
      throw .init(
        offset: 0, problem: "checksum \(hex(crc)) of its strings does not match \(hex(CRC32C.unmask(maskedCRC)))")
    }
  }

  /// The strings of an encoded tensor of `count` elements.
  package static func decode(_ bytes: UnsafeRawBufferPointer, count: Int) throws(ByteReader.Fault) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    try forEach(bytes, count: count, maskedCRC: nil) { strings.append([UInt8]($0)) }
    return strings
  }

  /// The encoding of `strings`.
  package static func encode(_ strings: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    var crc: UInt32 = 0
    for string in strings {
      bytes.append(varint: string.count)
      crc = extend(crc, length: string.count)
    }
    bytes.append(fixed32: CRC32C.mask(crc))
    for string in strings { bytes += string }
    return bytes
  }

  /// The masked checksum that the entry of an encoded tensor carries.
  package static func maskedCRC(_ bytes: UnsafeRawBufferPointer, count: Int) throws(ByteReader.Fault) -> UInt32 {
    var lengths = ByteReader(bytes)
    var crc: UInt32 = 0
    for _ in 0..<count { crc = extend(crc, length: try lengths.length(limit: bytes.count)) }
    return CRC32C.mask(CRC32C.extend(crc, UnsafeRawBufferPointer(rebasing: bytes[lengths.offset...])))
  }

  private static func extend(_ crc: UInt32, length: Int) -> UInt32 {
    guard let short = UInt32(exactly: length) else {
      return withUnsafeBytes(of: UInt64(length).littleEndian) { CRC32C.extend(crc, $0) }
    }
    return withUnsafeBytes(of: short.littleEndian) { CRC32C.extend(crc, $0) }
  }
}

/// The encoding of a variant tensor: per element a varint length, the message, and a masked running checksum.
enum VariantTensor {
  /// Checks every element's checksum and the entry's (specs: formats §5.2).
  static func check(_ bytes: UnsafeRawBufferPointer, count: Int, maskedCRC: UInt32?) throws(ByteReader.Fault) {
    var reader = ByteReader(bytes)
    var crc: UInt32 = 0
    for _ in 0..<count {
      let length = try reader.length(limit: bytes.count)
      var hashed: [UInt8] = []
      hashed.append(fixed64: UInt64(length))
      crc = CRC32C.extend(CRC32C.extend(crc, hashed), try reader.take(length))
      let start = reader.offset
      guard CRC32C.unmask(try reader.fixed32()) == crc else { throw reader.fault("a variant's checksum is wrong") }
      crc = CRC32C.extend(crc, UnsafeRawBufferPointer(rebasing: bytes[start..<reader.offset]))
    }
    guard reader.isAtEnd else { throw reader.fault("\(reader.remaining) bytes follow the last variant") }
    if let maskedCRC, CRC32C.unmask(maskedCRC) != crc {
      throw .init(
        offset: 0, problem: "checksum \(hex(crc)) of its variants does not match \(hex(CRC32C.unmask(maskedCRC)))")
    }
  }
}
