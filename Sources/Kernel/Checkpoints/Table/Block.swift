import Bytes

/// One block of a table: checksum checked, decompressed, entries decoded on demand.
struct Block {
  let isCompressed: Bool
  private let contents: ByteView
  private let path: String
  private let fileOffset: Int
  private let entriesEnd: Int

  /// Reads the block at `handle`, whose bounds are already checked.
  init(_ file: ByteView, _ handle: BlockHandle, path: String) throws {
    self.path = path
    fileOffset = handle.offset
    let stored = file.subview(handle.offset..<(handle.offset + handle.size + TableReader.trailerLength))
    let (type, masked, computed) = stored.withUnsafeBytes { bytes in
      (
        bytes[handle.size],
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: handle.size + 1, as: UInt32.self)),
        CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[...handle.size]))
      )
    }
    let expected = CRC32C.unmask(masked)
    guard computed == expected else {
      throw KernelError(
        .badData, path, at: .byte(handle.offset),
        "block checksum \(hex(computed)) does not match the stored \(hex(expected))",
        hint: "the file is damaged; copy it again")
    }
    let raw = stored.subview(0..<handle.size)
    switch type {
    case 0: contents = raw
    case 1: contents = try Snappy.decompress(raw, path: path, at: handle.offset)
    default: throw KernelError(.badData, path, at: .byte(handle.offset), "unknown block compression \(type)")
    }
    isCompressed = type == 1
    let restarts = contents.withUnsafeBytes { bytes in
      bytes.count >= 4
        ? Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))) : 0
    }
    guard contents.count >= 4, restarts <= (contents.count - 4) / 4 else {
      throw KernelError(.badData, path, at: .byte(handle.offset), "the block's restart array exceeds the block")
    }
    entriesEnd = contents.count - 4 - 4 * restarts
  }

  /// Calls `body` with every key and value in stored order.
  func forEachEntry(_ body: (_ key: [UInt8], _ value: ByteView) throws -> Void) throws {
    var key: [UInt8] = []
    var position = 0
    while position < entriesEnd {
      let value = try contents.withUnsafeBytes { bytes in
        // Offsets inside a decompressed block mean nothing in the file, so faults name the block's start.
        try reporting(path, at: isCompressed ? fileOffset - position : fileOffset) {
          var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<entriesEnd]), offset: position)
          let shared = try reader.length(limit: key.count)
          let unshared = try reader.length(limit: entriesEnd)
          let valueLength = try reader.length(limit: entriesEnd)
          key.removeSubrange(shared...)
          key.append(contentsOf: try reader.take(unshared))
          let start = reader.offset
          _ = try reader.take(valueLength)
          position = reader.offset
          return contents.subview(start..<position)
        }
      }
      try body(key, value)
    }
  }
}
