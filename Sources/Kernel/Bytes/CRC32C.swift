import CISAL

/// CRC-32C (Castagnoli), the checksum of TFRecords, tables and bundles; computed by ISA-L, which picks the CPU's
/// instructions at run time.
///
/// `CRC32C.of("123456789")` is `0xE3069283` (specs: formats §1).
public enum CRC32C {
  /// The checksum of `bytes`, continuing `crc`, the finished checksum of what came before (0 for nothing).
  public static func extend(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = ~crc
    var rest = bytes[...]
    // ISA-L takes the length as a C int.
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      let pointer = UnsafeMutableRawPointer(mutating: UnsafeRawBufferPointer(rebasing: piece).baseAddress!)
      crc = crc32_iscsi(pointer.assumingMemoryBound(to: UInt8.self), Int32(piece.count), crc)
      rest = rest.dropFirst(piece.count)
    }
    return ~crc
  }

  /// The checksum of `bytes`.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { extend(0, bytes) }

  /// ``extend(_:_:)`` over an array.
  package static func extend(_ crc: UInt32, _ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { extend(crc, $0) }
  }

  /// The checksum of an array.
  package static func of(_ bytes: [UInt8]) -> UInt32 { extend(0, bytes) }

  /// The form in which TensorFlow stores a checksum, so that checksummed data may itself be checksummed.
  public static func mask(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ 0xa282_ead8 }

  /// The checksum whose stored form is `masked`.
  public static func unmask(_ masked: UInt32) -> UInt32 {
    let rotated = masked &- 0xa282_ead8
    return rotated >> 17 | rotated << 15
  }

  /// The checksum of `a ++ b` from the checksums of both and the length of `b`: lets cores checksum parts of a tensor.
  ///
  /// Appending n zero bytes is a linear map over GF(2); it is applied by squaring, as zlib's `crc32_combine` does.
  public static func combine(_ a: UInt32, _ b: UInt32, lengthOfB: Int) -> UInt32 {
    var remaining = lengthOfB
    var crc = a
    var power = 0
    while remaining > 0 {
      if remaining & 1 == 1 { crc = apply(zeroOperators[power], to: crc) }
      remaining >>= 1
      power += 1
    }
    return crc ^ b
  }

  /// `zeroOperators[k]`: the 32 columns of the map that appends 2^k zero bytes.
  private static let zeroOperators: [[UInt32]] = {
    var bit: [UInt32] = [0x82f6_3b78] + (0..<31).map { 1 << UInt32($0) }
    for _ in 0..<3 { bit = square(bit) }
    var operators = [bit]
    while operators.count < 63 { operators.append(square(operators[operators.count - 1])) }
    return operators
  }()

  private static func square(_ map: [UInt32]) -> [UInt32] { map.map { apply(map, to: $0) } }

  private static func apply(_ map: [UInt32], to vector: UInt32) -> UInt32 {
    var sum: UInt32 = 0
    var rest = vector
    while rest != 0 {
      sum ^= map[rest.trailingZeroBitCount]
      rest &= rest - 1
    }
    return sum
  }
}

/// `0x1d2c…` with all eight digits.
package func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
