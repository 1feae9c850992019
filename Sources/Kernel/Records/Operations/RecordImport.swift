import Bytes

/// Makes records of the lines of a text, on all cores, in the order of the lines.
///
/// Memory: a chunk of 4 MiB of text, or the longest line, and the records of it.
package struct RecordImport: Sendable {
  package let workers: Workers
  /// Whether features are put in the order of their names.
  package let sortsKeys: Bool
  private static let chunkSize = 4 << 20

  package init(_ workers: Workers, sortsKeys: Bool = false) {
    self.workers = workers
    self.sortsKeys = sortsKeys
  }

  /// Calls `take` with the payloads of the lines of `path` (`-` is standard input, gzip is recognised); empty lines do
  /// not count.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line that is not a record as ``RecordJSON`` writes them.
  package func run(_ path: String, take: (UnsafeRawBufferPointer) throws -> Void) throws {
    let file = try path == FileArguments.standardInput ? FileReader.standardInput() : FileReader(path)
    let peeking = try PeekedSource(file, byteCount: 2)
    let source: any ByteSource = GzipReader.recognizes(peeking.beginning) ? try GzipReader(peeking) : peeking
    var carried: [UInt8] = []
    var line = 1
    var isAtEnd = false
    while !isAtEnd {
      let text = try chunk(of: source, after: carried, &isAtEnd)
      // The last line of a file needs no newline.
      let end = isAtEnd ? text.count : (text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
      carried = Array(text[end...])
      let view = ByteView(Array(text[..<end]))
      let pieces = pieces(of: view)
      let name = file.name
      let base = line
      let made = try workers.map(pieces.count) { number in
        try view.withUnsafeBytes { try payloads(of: $0, pieces[number], name, firstLine: base) }
      }
      for payloads in made {
        var start = 0
        try payloads.bytes.withUnsafeBytes { bytes in
          for end in payloads.ends {
            try take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end
          }
        }
      }
      line += view.withUnsafeBytes { RecordImport.newlines(in: $0[...]) }
    }
  }

  /// What was carried over and as much more as makes a chunk that holds a newline, if there is that much.
  private func chunk(
    of source: any ByteSource, after carried: [UInt8], _ isAtEnd: inout Bool
  ) throws -> [UInt8] {
    var text = carried
    var goal = max(RecordImport.chunkSize, 2 * carried.count)
    while !isAtEnd, text.count < goal {
      var filled = 0
      let piece = try [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
        filled = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
        count = filled
      }
      text += piece
      isAtEnd = filled == 0
      if text.count >= goal, !text.contains(UInt8(ascii: "\n")) { goal *= 2 }
    }
    return text
  }

  /// Ranges of whole lines of about 256 KiB each.
  private func pieces(of view: ByteView) -> [Range<Int>] {
    view.withUnsafeBytes { bytes in
      var pieces: [Range<Int>] = []
      var start = 0
      while start < bytes.count {
        let least = min(bytes.count, start + (256 << 10)) - 1
        let end = bytes[least...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
        pieces.append(start..<end)
        start = end
      }
      return pieces
    }
  }

  /// Payloads back to back, and where each ends.
  private struct Payloads: Sendable {
    var bytes: [UInt8] = []
    var ends: [Int] = []
  }

  private func payloads(
    of text: UnsafeRawBufferPointer, _ piece: Range<Int>, _ path: String, firstLine: Int
  ) throws -> Payloads {
    var payloads = Payloads()
    var reader = RecordJSONReader(sortsKeys: sortsKeys)
    var start = piece.lowerBound
    while start < piece.upperBound {
      let end = text[start..<piece.upperBound].firstIndex(of: UInt8(ascii: "\n")) ?? piece.upperBound
      let line = UnsafeRawBufferPointer(rebasing: text[start..<end])
      if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
        do { payloads.bytes += try reader.payload(of: line) } catch {
          let number = firstLine + RecordImport.newlines(in: text[..<start])
          throw KernelError(
            .badData, path, at: .line(number), "byte \(error.offset): \(error.problem)",
            hint: "tfrecord-tool cat shows what a line looks like")
        }
        payloads.ends.append(payloads.bytes.count)
      }
      start = end + 1
    }
    return payloads
  }

  private static func newlines(in text: Slice<UnsafeRawBufferPointer>) -> Int {
    text.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
  }
}
