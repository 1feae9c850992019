import Bytes
import Synchronization

extension BatchReader {
  /// Calls `body` with every batch, in order and on the caller's thread, while the next one is read by others.
  ///
  /// - Parameter isOverlapped: `false` reads and computes in turn, on the caller's thread alone.
  /// - Throws: what `body` throws, or the first damage of the records after the batches before it.
  package func forEachBatch(isOverlapped: Bool = true, _ body: (VideoBatch) throws -> Void) throws {
    var current = try next()
    while let batch = current {
      let upcoming = Mutex<Result<VideoBatch?, any Error>?>(nil)
      // Two tasks, because a single one would wait for `meanwhile`.
      try Workers(isOverlapped ? 2 : 1).run(
        2,
        { task in
          guard task == 0 else { return }
          let result = Result { try self.next() }
          upcoming.withLock { $0 = result }
        }, meanwhile: { try body(batch) })
      current = try upcoming.withLock { $0 }?.get()
    }
  }
}
