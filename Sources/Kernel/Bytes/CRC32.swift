import CISAL

/// CRC-32 of gzip and ZIP (ISO 3309), computed by ISA-L; not the CRC-32C of TensorFlow's files.
///
/// `CRC32.of("123456789")` is `0xCBF43926`.
package enum CRC32 {
  /// The checksum of `bytes`, continuing `crc`, the finished checksum of what came before (0 for nothing).
  package static func extend(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let start = bytes.baseAddress else { return crc }
    return crc32_gzip_refl(crc, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  /// The checksum of `bytes`.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { extend(0, bytes) }
}
