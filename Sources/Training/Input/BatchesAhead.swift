import Bytes
import Synchronization

extension TrainingInput {
  /// Calls `body` with every batch, in order and on the caller's thread, while the next one is read by others, until it
  /// returns `false`.
  ///
  /// - Parameter isOverlapped: `false` reads and computes in turn.
  /// - Throws: what `body` throws, or what is wrong with the records after the batches before it.
  package func forEachBatch(isOverlapped: Bool = true, _ body: (TrainingBatch) throws -> Bool) throws {
    var current = try next()
    while let batch = current {
      let upcoming = Mutex<Result<TrainingBatch?, any Error>?>(nil)
      var goesOn = true
      // Two tasks, because a single one would wait for `meanwhile`.
      try Workers(isOverlapped ? 2 : 1).run(
        2,
        { task in
          guard task == 0 else { return }
          let result = Result { try self.next() }
          upcoming.withLock { $0 = result }
        }, meanwhile: { goesOn = try body(batch) })
      guard goesOn else { return }
      current = try upcoming.withLock { $0 }?.get()
    }
  }
}
