/// A source whose first bytes can be looked at before it is read.
package final class PeekingSource: ByteSource {
  /// What was looked at: less than asked for only when there is no more.
  package let first: [UInt8]
  private let source: any ByteSource
  private var given = 0

  /// Reads `count` bytes ahead.
  package init(_ source: any ByteSource, count: Int) throws {
    self.source = source
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < bytes.count {
      let count = try bytes.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      if count == 0 { break }
      filled += count
    }
    first = Array(bytes[..<filled])
  }

  package var name: String { source.name }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard given < first.count else { return try source.read(into: buffer) }
    let piece = first[given...].prefix(buffer.count)
    buffer.copyBytes(from: piece)
    given += piece.count
    return piece.count
  }
}
