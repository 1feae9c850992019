import Bytes
import Synchronization

/// Text that all cores make, a block of rows each, and that is written in order.
package enum BlockWriting {
  /// Calls `make` for blocks of the rows below `rowCount`, on any thread, and writes what they append, in order, while
  /// the next ones are made.
  ///
  /// Memory: the text of eight blocks a thread.
  ///
  /// - Parameters:
  ///   - blockSize: rows of a block; enough for some 100 kB of text make threads worthwhile.
  ///   - make: appends the rows of a range to a text; may keep buffers for all of them.
  ///   - written: called on the caller's thread when all rows below a number are written.
  /// - Throws: what `make`, for the first block that failed, or the sink throws.
  package static func write(
    rowCount: Int, blockSize: Int = 1024, format: NumberFormat = .reference, _ workers: Workers,
    to sink: any ByteSink, written: (Int) -> Void = { _ in },
    _ make: @escaping @Sendable (_ rows: Range<Int>, _ text: inout RowText) throws -> Void
  ) throws {
    let batchSize = 4 * workers.count * blockSize
    // Texts are used again, since fresh memory costs as much as filling it.
    let idle = Mutex<[RowText]>([])
    var finished: [RowText] = []
    var finishedEnd = 0
    func takeFinished() throws {
      while var text = finished.popLast() {
        try text.flush(to: sink)
        let empty = text
        idle.withLock { $0.append(empty) }
      }
      written(finishedEnd)
    }
    for start in stride(from: 0, to: rowCount, by: batchSize) {
      let end = min(start + batchSize, rowCount)
      let texts = try workers.map(
        (end - start + blockSize - 1) / blockSize,
        { block -> RowText in
          let first = start + block * blockSize
          var text = idle.withLock { $0.popLast() } ?? RowText(format)
          try make(first..<min(first + blockSize, end), &text)
          return text
        }, meanwhile: takeFinished)
      finished = texts.reversed()
      finishedEnd = end
    }
    try takeFinished()
  }
}
