import Bytes

/// Records that fulfil a condition, passed on byte for byte with their checksums, which are checked on the way.
///
/// Memory: as ``RecordScan``.
package struct RecordFilter: Sendable {
  package let condition: RecordCondition
  package let workers: Workers
  package let shard: RecordShard?

  package init(_ condition: RecordCondition, _ workers: Workers, shard: RecordShard? = nil) {
    self.condition = condition
    self.workers = workers
    self.shard = shard
  }

  /// What became of the records.
  package struct Summary: Sendable, Equatable {
    package var keptCount = 0
    package var droppedCount = 0
    /// The numbers of ids of ``RecordCondition/idIsAmong(_:)`` that some record has.
    package var foundIDs: Set<Int> = []
  }

  /// What a slice leaves: stretches of consecutive records that are kept.
  fileprivate struct Choice: Sendable {
    let slice: RecordSlice
    /// Where in the (uncompressed) file their frames are, and how many records they are.
    var runs: [(bytes: Range<Int>, count: Int)] = []
    var droppedCount = 0
    var foundIDs: [Int] = []
  }

  /// - Parameter progress: called with the bytes of records looked at so far.
  /// - Throws: ``KernelError`` `.badData` for a record that is damaged or lacks what the condition asks about.
  package func run(
    _ files: [String], into writer: RecordWriter, progress: (Int) -> Void = { _ in }
  ) throws -> Summary {
    var summary = Summary()
    var done = 0
    let condition = condition
    try RecordScan(files, workers, shard: shard).run({ path, slice in
      var choice = Choice(slice: slice)
      try slice.forEach { record in
        let isKept: Bool
        do {
          isKept = try condition.holds(for: RecordMessage(record.payload)) { choice.foundIDs.append($0) }
        } catch { throw record.explained(error, in: path) }
        choice.note(record, isKept: isKept)
      }
      return choice
    }) { _, choice in
      for run in choice.runs {
        try choice.slice.withBytes(run.bytes) { try writer.write(frames: $0, count: run.count) }
        summary.keptCount += run.count
      }
      summary.droppedCount += choice.droppedCount
      summary.foundIDs.formUnion(choice.foundIDs)
      done += choice.slice.byteCount
      progress(done)
    }
    return summary
  }
}

extension RecordFilter.Choice {
  mutating func note(_ record: Record, isKept: Bool) {
    guard isKept else {
      droppedCount += 1
      return
    }
    let end = record.offset + record.frame.count
    if let last = runs.last, last.bytes.upperBound == record.offset {
      runs[runs.count - 1] = (last.bytes.lowerBound..<end, last.count + 1)
    } else {
      runs.append((record.offset..<end, 1))
    }
  }
}
