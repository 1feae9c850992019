import Bytes

/// CRC-32Cs of any stretches of some bytes, each in a time that does not grow with its length.
///
/// A crafted file can announce, every few bytes, a record that goes on to its end; reading each to the end would take
/// time that grows with the square of the file. The checksum of a stretch comes from those of what lies before its two
/// ends: `crc(a..<b) = crc(0..<b) ^ shift(crc(0..<a), b - a)`, as zlib's `crc32_combine` has it.
/// Memory: 4 bytes for each 16 KiB.
struct RangeChecksums {
  private static let step = 16 << 10

  private let bytes: UnsafeRawBufferPointer
  /// Of the bytes before each multiple of the step, as far as was needed.
  private var prefixes: [UInt32] = [0]

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func checksum(of range: Range<Int>) -> UInt32 {
    // What is short is read faster than looked up.
    guard range.count > 2 * Self.step else { return CRC32C.of(part(range)) }
    let before = prefix(range.lowerBound)
    return CRC32C.combine(before, prefix(range.upperBound), lengthOfB: range.count)
  }

  private mutating func prefix(_ end: Int) -> UInt32 {
    while prefixes.count <= end / Self.step {
      let start = (prefixes.count - 1) * Self.step
      prefixes.append(CRC32C.extend(prefixes[prefixes.count - 1], part(start..<(start + Self.step))))
    }
    let start = end / Self.step * Self.step
    return CRC32C.extend(prefixes[end / Self.step], part(start..<end))
  }

  private func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }
}
