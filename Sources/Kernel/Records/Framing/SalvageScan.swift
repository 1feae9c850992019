import Bytes

/// The records of a damaged stream, and what lies between them.
///
/// After damage the scan goes on at the next offset whose eight bytes are the length of a record that fits and have
/// the right checksum, and whose payload has it too or is followed by another such header (or the end). A payload
/// that itself holds record files is skipped whole while its own header is right.
///
/// Every record whose own bytes are undamaged is found.
struct SalvageScan {
  /// A stretch of the stream.
  enum Piece: Equatable {
    /// A record with both checksums right.
    case record(Range<Int>)
    /// A record whose payload is as its footer says, in a damaged header.
    case headless(Range<Int>)
    case lost(Range<Int>, Damage)
  }

  /// What is wrong with a stretch.
  enum Damage: Equatable {
    /// The length's checksum is wrong.
    case header
    /// The payload's checksum is wrong, but the next record is where it should be.
    case payload
    /// The payload's checksum is wrong, and no record follows: bytes were lost or added.
    case slipped
    /// The stream ends before the record does.
    case cut
  }

  private let bytes: UnsafeRawBufferPointer
  private var checksums: RangeChecksums
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    checksums = RangeChecksums(bytes)
  }

  mutating func next() -> Piece? {
    guard position < bytes.count else { return nil }
    let start = position
    let damage: Damage
    if let end = frameEnd(at: start) {
      let frame = start..<end
      if isIntact(frame), !isHeaderOfNext(frame) { return step(to: end, .record(frame)) }
      if isBoundary(end) { return step(to: end, .lost(frame, .payload)) }
      damage = .slipped
    } else if bytes.count - start < RecordFrame.headerLength || hasRightHeader(at: start) {
      damage = .cut
    } else {
      // Only the length's checksum may be damaged.
      if let end = announcedEnd(at: start), isIntact(start..<end) { return step(to: end, .headless(start..<end)) }
      damage = .header
    }
    let next = nextStart(after: start)
    if damage == .header, next - start >= RecordFrame.overhead, isIntact(start..<next) {
      return step(to: next, .headless(start..<next))
    }
    return step(to: next, .lost(start..<next, damage))
  }

  private mutating func step(to end: Int, _ piece: Piece) -> Piece {
    position = end
    return piece
  }

  private mutating func isIntact(_ frame: Range<Int>) -> Bool {
    let footer = frame.upperBound - RecordFrame.footerLength
    let checksum = checksums.checksum(of: frame.lowerBound + RecordFrame.headerLength..<footer)
    let stored = bytes.loadUnaligned(fromByteOffset: footer, as: UInt32.self)
    return CRC32C.mask(checksum) == UInt32(littleEndian: stored)
  }

  /// Whether what looks like a record of 8 bytes is what is left of one whose payload and footer are missing: then its
  /// payload is the length of the next record, and its footer the checksum of that.
  private mutating func isHeaderOfNext(_ frame: Range<Int>) -> Bool {
    guard frame.count == RecordFrame.overhead + 8, !isBoundary(frame.upperBound) else { return false }
    let next = frame.lowerBound + RecordFrame.headerLength
    guard let end = frameEnd(at: next) else { return false }
    return isIntact(next..<end)
  }

  private func isBoundary(_ offset: Int) -> Bool { offset == bytes.count || frameEnd(at: offset) != nil }

  /// Where the record at `offset` ends according to its length, if that lies inside the stream; checksums aside.
  @inline(__always)
  private func announcedEnd(at offset: Int) -> Int? {
    let room = bytes.count - offset - RecordFrame.overhead
    guard room >= 0 else { return nil }
    let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    return length <= UInt64(room) ? offset + Int(length) + RecordFrame.overhead : nil
  }

  private func hasRightHeader(at offset: Int) -> Bool {
    guard bytes.count - offset >= RecordFrame.headerLength, let base = bytes.baseAddress else { return false }
    return RecordFrame.payloadLength(header: base + offset) != nil
  }

  /// Where the record at `offset` ends; `nil` unless its header is right and it fits.
  @inline(__always)
  private func frameEnd(at offset: Int) -> Int? {
    // The cheap question first: it rejects nearly all of what is no header.
    guard let end = announcedEnd(at: offset), hasRightHeader(at: offset) else { return nil }
    return end
  }

  /// The next offset at which a record can be believed to begin, or the end of the stream.
  private mutating func nextStart(after offset: Int) -> Int {
    var candidate = offset + 1
    while candidate <= bytes.count - RecordFrame.overhead {
      if let end = frameEnd(at: candidate), isBoundary(end) || isIntact(candidate..<end) { return candidate }
      candidate += 1
    }
    return bytes.count
  }
}
