/// A source whose beginning has been looked at, and which gives it all the same: pipes cannot be rewound.
///
/// Memory: the beginning, at most 64 KiB.
package final class PeekedSource: ByteSource {
  package var name: String { source.name }
  /// The first bytes; fewer than asked for only if there are no more.
  package private(set) var beginning: [UInt8] = []

  private let source: any ByteSource
  private var given = 0

  /// Reads up to `byteCount` bytes ahead.
  package init(_ source: any ByteSource, byteCount: Int = 1 << 16) throws {
    self.source = source
    let buffer = OwnedBuffer(byteCount: byteCount)
    while beginning.count < byteCount {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<(byteCount - beginning.count)])
      let count = try source.read(into: room)
      guard count > 0 else { break }
      beginning += room[..<count]
    }
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard given < beginning.count else { return try source.read(into: buffer) }
    let count = min(buffer.count, beginning.count - given)
    buffer.copyBytes(from: beginning[given..<(given + count)])
    given += count
    return count
  }
}
