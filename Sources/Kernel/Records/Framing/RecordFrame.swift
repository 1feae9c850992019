import Bytes

/// The framing of a TFRecord (specs: formats §2): 8 bytes of length, their masked CRC-32C, the payload, its masked
/// CRC-32C.
package enum RecordFrame {
  package static let headerLength = 12
  package static let footerLength = 4
  /// Bytes that a record takes beyond its payload.
  package static let overhead = headerLength + footerLength

  /// The payload's length in the header at `bytes`; `nil` when the length's checksum is wrong or it exceeds `Int`.
  package static func payloadLength(header bytes: UnsafeRawPointer) -> Int? {
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard CRC32C.mask(CRC32C.of(UnsafeRawBufferPointer(start: bytes, count: 8))) == stored else { return nil }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    return Int(min(length, UInt64(Int.max - overhead)))
  }

  /// Calls `body` with the header of a record of `count` bytes.
  package static func withHeader<R>(
    payloadLength count: Int, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    let length = UInt64(count).littleEndian
    let checksum = withUnsafeBytes(of: length) { CRC32C.mask(CRC32C.of($0)) }
    // Twelve bytes without padding between them.
    let header = (
      UInt32(truncatingIfNeeded: length), UInt32(truncatingIfNeeded: length >> 32), checksum.littleEndian
    )
    return try withUnsafeBytes(of: header, body)
  }

  /// Calls `body` with the footer of `payload`.
  package static func withFooter<R>(
    of payload: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    try withUnsafeBytes(of: CRC32C.mask(CRC32C.of(payload)).littleEndian, body)
  }

  /// Whether `frame`, a header, a payload and a footer, holds the payload that its footer was made of.
  package static func hasIntactPayload(_ frame: UnsafeRawBufferPointer) -> Bool {
    let payload = UnsafeRawBufferPointer(rebasing: frame[headerLength..<(frame.count - footerLength)])
    let stored = frame.loadUnaligned(fromByteOffset: frame.count - footerLength, as: UInt32.self)
    return CRC32C.mask(CRC32C.of(payload)) == UInt32(littleEndian: stored)
  }
}

/// One record where it lies in memory.
package struct Record {
  /// Header, payload and footer, as they can be copied to another file.
  package let frame: UnsafeRawBufferPointer
  /// The number of the record in its file, from 0.
  package let number: Int
  /// Where the frame begins in the (uncompressed) file.
  package let offset: Int

  package init(frame: UnsafeRawBufferPointer, number: Int, offset: Int) {
    self.frame = frame
    self.number = number
    self.offset = offset
  }

  package var payload: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: frame[RecordFrame.headerLength..<(frame.count - RecordFrame.footerLength)])
  }

  /// Whether the payload has the checksum that its footer tells.
  package var isIntact: Bool { RecordFrame.hasIntactPayload(frame) }

  /// - Throws: ``KernelError`` `.badData` when the payload is damaged.
  package func check(in path: String) throws {
    guard isIntact else {
      throw KernelError(
        .badData, path, at: .byte(offset + RecordFrame.headerLength), "the checksum of record \(number) is wrong",
        hint: RecordFrame.repairHint)
    }
  }

  /// The error for a record whose contents are not what they should be.
  package func error(in path: String, _ problem: String, hint: String? = nil) -> KernelError {
    KernelError(.badData, path, at: .byte(offset), "record \(number): \(problem)", hint: hint)
  }

  /// Runs `body`, and says which record it was about when it finds a fault in it.
  @inline(__always)
  package func explaining<R>(in path: String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let fault as ByteReader.Fault { throw error(in: path, fault.problem) }
  }
}

extension RecordFrame {
  package static let repairHint = "tfrecord-tool repair saves the records around the damage"
}

/// Consecutive whole records in one stretch of memory.
package struct RecordChunk: Sendable {
  /// The frames, back to back.
  package let bytes: ByteView
  /// Where each frame begins in ``bytes``, and the end of the last.
  package let bounds: [Int]
  package let firstNumber: Int
  /// Where ``bytes`` begins in the (uncompressed) file.
  package let offset: Int

  package var count: Int { bounds.count - 1 }

  /// Calls `body` with each record of `range`, in order; records are valid during the call.
  package func forEach(_ range: Range<Int>, _ body: (Record) throws -> Void) rethrows {
    try bytes.withUnsafeBytes { bytes in
      for index in range {
        let frame = UnsafeRawBufferPointer(rebasing: bytes[bounds[index]..<bounds[index + 1]])
        try body(Record(frame: frame, number: firstNumber + index, offset: offset + bounds[index]))
      }
    }
  }

  /// Ranges of records of about `byteCount` bytes each, for workers.
  package func slices(ofBytes byteCount: Int) -> [Range<Int>] {
    var slices: [Range<Int>] = []
    var start = 0
    for index in 0..<count where bounds[index + 1] - bounds[start] >= byteCount || index == count - 1 {
      slices.append(start..<(index + 1))
      start = index + 1
    }
    return slices
  }
}
