import Bytes
import Execution
import Inference
import Records

/// The batches of a training: all of the same size but the last.
///
/// Epochs follow each other without a seam, as in the reference, so that a batch may hold videos of two. What the
/// batches are depends on the options alone, not on the number of threads; from a batch's ``TrainingBatch/place`` on
/// another input gives the same batches.
///
/// Memory: the features of two batches, labels of the batches that are held, and of compressed files the records in the
/// buffer.
package final class TrainingInput: @unchecked Sendable {
  // Sendable holds because `next()` is called by one thread at a time, each call after the one before has returned.
  private let options: InputOptions
  private let readers: Workers
  private let mixer: RecordMixer
  private var buffers = FeatureBuffers(hint: "choose a smaller --batch-size")
  private var skipped: Int
  private var problems: [KernelError] = []
  /// Records in a row that could not be used, and what was wrong with the first.
  private var unusable: (count: Int, first: KernelError?) = (0, nil)
  /// What was read before it was asked for.
  private var upcoming: TrainingBatch??
  /// Whether any record could ever be used.
  private var hasVideos: Bool

  /// More than these in a row, and the fault is not with the records.
  private static let unusableLimit = 1000

  /// - Parameters:
  ///   - place: where to go on, or `nil` for the start.
  ///   - readers: the threads that check and decode records.
  /// - Throws: ``KernelError`` when files cannot be read, or do not have what the place names.
  package init(_ options: InputOptions, at place: InputPlace? = nil, readers: Workers) throws {
    self.options = options
    self.readers = readers
    mixer = try RecordMixer(options, at: place)
    skipped = place?.skipped ?? 0
    hasVideos = place != nil
  }

  /// Reads the first batch, which ``next()`` gives then: what is wrong with the records is known before anything else
  /// is done.
  package func readFirst() throws {
    if upcoming == nil { upcoming = .some(try next()) }
  }

  /// The next batch, or `nil` after the last.
  ///
  /// - Throws: ``KernelError`` `.badData` for a record that is damaged or no such video, unless it is to be passed
  ///   over; and when there are no others.
  package func next() throws -> TrainingBatch? {
    if let batch = upcoming {
      upcoming = nil
      return batch
    }
    var records = try draw(options.batchSize)
    let count = records.count
    guard count > 0 else {
      if hasVideos { return nil }
      if let first = unusable.first ?? problems.first { throw TrainingInput.nothingUsable(unusable.count, first) }
      return nil
    }
    let rows = try BatchRows(count, options, features: buffers.next(count, options.schema))
    var members: [VideoBatch.Member?] = Array(repeating: nil, count: count)
    var pending = Array(records.indices)
    while !pending.isEmpty {
      try fill(rows, pending, records, &members)
      pending = pending.filter { members[$0] == nil }
      let others = try draw(pending.count)
      for (row, record) in zip(pending, others) { records[row] = record }
      // At the very end there may be no others.
      pending.removeLast(pending.count - others.count)
    }
    var filled: [VideoBatch.Member] = []
    for (row, member) in members.enumerated() {
      guard let member else { continue }
      rows.move(row, to: filled.count)
      filled.append(member)
    }
    guard !filled.isEmpty else { return try next() }
    return try batch(filled, rows)
  }

  private func batch(_ members: [VideoBatch.Member], _ rows: BatchRows) throws -> TrainingBatch {
    let tensors = try rows.tensors(members.count)
    var place = mixer.currentPlace
    place.skipped = skipped
    defer { problems = [] }
    return TrainingBatch(
      videos: VideoBatch(members: members, features: tensors.features, byteCount: 0), labels: tensors.labels,
      teacher: tensors.teacher, place: place, progress: mixer.progress, problems: problems)
  }

  private func draw(_ count: Int) throws -> [WaitingRecord] {
    var records: [WaitingRecord] = []
    while records.count < count, let record = try mixer.next() { records.append(record) }
    let damaged = mixer.takeProblems()
    skipped += damaged.count
    problems += damaged
    return records
  }

  /// Fills the rows `pending` from their records; members of those that could not be used stay `nil`.
  private func fill(
    _ rows: BatchRows, _ pending: [Int], _ records: [WaitingRecord], _ members: inout [VideoBatch.Member?]
  ) throws {
    let rowSize = options.schema.rowSize * (options.schema.level == .frame ? options.schema.maxFrames : 1)
    // Enough work for a thread to be worth waking: some 100 kB of floats.
    let blockSize = max(1, (1 << 17) / max(1, rowSize))
    let skips = options.badRecords == .skip
    let results = try readers.map((pending.count + blockSize - 1) / blockSize) { block in
      try (block * blockSize..<min((block + 1) * blockSize, pending.count)).map { number in
        let record = records[pending[number]]
        defer { record.releasePages() }
        do {
          return Result<VideoBatch.Member, KernelError>.success(try rows.fill(pending[number], with: record))
        } catch let error as KernelError where skips && error.kind == .badData {
          return .failure(error)
        }
      }
    }
    for (row, result) in zip(pending, results.joined()) {
      switch result {
      case .success(let member):
        members[row] = member
        unusable = (0, nil)
        hasVideos = true
      case .failure(let error):
        var problem = error
        problem.hint = "the record is passed over"
        problems.append(problem)
        skipped += 1
        unusable = (unusable.count + 1, unusable.first ?? error)
        if unusable.count > TrainingInput.unusableLimit {
          throw TrainingInput.nothingUsable(unusable.count, error)
        }
      }
    }
  }

  private static func nothingUsable(_ count: Int, _ first: KernelError) -> KernelError {
    var error = first
    error.problem += "; of \(count) records in a row none could be used"
    return error
  }
}
