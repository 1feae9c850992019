import Glibc

/// Turns one block into deflate blocks that end on a byte boundary, none of them the last of the stream.
///
/// Not for use by two threads at once.
final class BlockDeflater: @unchecked Sendable {
  // Sendable holds because its user hands it from thread to thread, never to two.
  private let fast: IGZip?
  private let thorough: ZlibDeflate?
  private let isAdaptive: Bool
  private lazy var spare = OwnedBuffer(byteCount: StoredBlocks.byteCount(for: 256 << 10))

  init(_ level: GzipLevel) {
    switch level.number {
    case 0: (fast, thorough) = (nil, nil)
    case 1...2: (fast, thorough) = (IGZip(level: level.number), nil)
    case 3: (fast, thorough) = (IGZip(level: 2), ZlibDeflate(level: 6))
    default: (fast, thorough) = (nil, ZlibDeflate(level: level.number))
    }
    isAdaptive = level.number == 3
  }

  /// Deflates `bytes` (at most 256 KiB), which follow `history` (at most 32 KiB), into `output`, which has room for
  /// them stored; returns the count written.
  func deflate(
    _ bytes: UnsafeRawBufferPointer, after history: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    if let fast, let count = fast.deflate(bytes, after: history, into: output) {
      guard isAdaptive, livesOnRepetition(bytes, deflatedCount: count) else { return count }
      guard let better = thorough?.deflate(bytes, after: history, into: spare.bytes), better < count else {
        return count
      }
      output.copyMemory(from: UnsafeRawBufferPointer(rebasing: spare.bytes[..<better]))
      return better
    }
    if fast == nil, let count = thorough?.deflate(bytes, after: history, into: output) { return count }
    return StoredBlocks.write(bytes, into: output)
  }

  /// Whether the result is less than half of what coding single bytes could reach: then most was won by finding
  /// repetitions, and a longer search for them pays.
  private func livesOnRepetition(_ bytes: UnsafeRawBufferPointer, deflatedCount: Int) -> Bool {
    // Entropy is at most the length, so the usual block of weights is decided without counting.
    deflatedCount < bytes.count / 2 && Double(deflatedCount) < entropy(of: bytes) / 2
  }

  /// The bytes that an ideal order-0 code would need.
  private func entropy(of bytes: UnsafeRawBufferPointer) -> Double {
    var histogram = [Int](repeating: 0, count: 256)
    for byte in bytes { histogram[Int(byte)] += 1 }
    let total = Double(bytes.count)
    return histogram.reduce(0) { sum, count in
      count == 0 ? sum : sum - Double(count) * log2(Double(count) / total)
    } / 8
  }
}

/// Deflate's stored blocks (RFC 1951 §3.2.4), each five bytes of header and up to 65535 of content.
enum StoredBlocks {
  private static let largest = 65535

  /// The room that `count` bytes take when stored.
  static func byteCount(for count: Int) -> Int { count + 5 * ((count + largest - 1) / largest) }

  /// Stores `bytes` in `output` and returns the count written.
  static func write(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
    var written = 0
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(largest)
      let length = UInt16(piece.count)
      output.storeBytes(of: 0, toByteOffset: written, as: UInt8.self)
      output.storeBytes(of: length.littleEndian, toByteOffset: written + 1, as: UInt16.self)
      output.storeBytes(of: (~length).littleEndian, toByteOffset: written + 3, as: UInt16.self)
      UnsafeMutableRawBufferPointer(rebasing: output[(written + 5)...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
      written += 5 + piece.count
      rest = rest.dropFirst(piece.count)
    }
    return written
  }
}
