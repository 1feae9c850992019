/// A source whose first bytes can be looked at before it is read.
package final class PeekingSource: ByteSource {
  /// The first bytes: as many as were asked for, or all there are.
  package let first: [UInt8]
  private let source: any ByteSource
  private var given = 0

  /// Reads the first `count` bytes of `source`.
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
