import Bytes
import Glibc
import Records

/// The rows that a run has finished, in a file beside its output, so that the run can go on after it was cut.
///
/// The file is made of records as TFRecord frames them: the first holds the ``RunIdentity``, each other a
/// ``JournalEntry``. Checksums tell what was written whole; what was not is cut off. Only one process at a time can
/// have it.
///
/// Memory: the rows of a batch.
package final class RunJournal {
  package let path: String
  /// How many videos have rows.
  package private(set) var rowCount = 0
  /// Where random operators were after the last of them.
  package private(set) var randomPositions: [String: UInt64] = [:]
  private let descriptor: Int32
  private var byteCount = 0

  /// Where the journal of the output `path` is.
  package static func path(beside output: String) -> String { output + ".part" }

  /// What to do with the journal of an earlier run.
  package enum Start: Sendable {
    /// Refuse to overwrite it.
    case anew
    /// Go on where it ends, if it is of the same run.
    case resuming
    /// Overwrite it, unless it is of the same run and `resuming`.
    case forced(resuming: Bool)
  }

  /// Opens the journal beside `output`.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when there is one of an earlier run that must not be overwritten, is of
  ///   another run, or belongs to a process that is still running.
  package init(beside output: String, _ identity: RunIdentity, _ start: Start) throws {
    path = RunJournal.path(beside: output)
    let status = FileStatus(path)
    guard status?.isRegular ?? true else { throw KernelError(.cannotCreate, path, "is not a file") }
    descriptor = retryingInterrupts { [path] in open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666) }
    guard descriptor >= 0 else { throw SystemError().writing(output) }
    try lock()
    try begin(identity, start, isEmpty: status?.size ?? 0 == 0)
  }

  deinit { close(descriptor) }

  private func lock() throws {
    // A process that was just killed takes a while to give its memory back, and only then its locks.
    for _ in 0..<40 {
      // A file system without locks is no reason to refuse.
      if retryingInterrupts({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 || errno != EWOULDBLOCK { return }
      usleep(50_000)
    }
    throw KernelError(.cannotCreate, path, "another run is writing it")
  }

  private func begin(_ identity: RunIdentity, _ start: Start, isEmpty: Bool) throws {
    let mayResume =
      switch start {
      case .anew: false
      case .resuming: true
      case .forced(let resuming): resuming
      }
    if !isEmpty, mayResume {
      let problem = try readExisting(identity)
      guard let problem else { return try cut(to: byteCount) }
      if case .resuming = start {
        throw KernelError(
          .cannotCreate, path, "is of another run: \(problem)", hint: "--force begins anew and loses its rows")
      }
    } else if !isEmpty, case .anew = start {
      throw KernelError(
        .cannotCreate, path, "is left of a run that was cut",
        hint: "--resume completes that run, --force begins anew")
    }
    rowCount = 0
    randomPositions = [:]
    try cut(to: 0)
    try append(identity.text)
  }

  /// Finds the rows that are there.
  ///
  /// - Returns: why they are not rows of this run.
  private func readExisting(_ identity: RunIdentity) throws -> String? {
    var found: RunIdentity?
    try forEachRecord { payload in
      guard found != nil else {
        found = RunIdentity([UInt8](payload))
        return
      }
      let entry = try JournalEntry(decoding: payload)
      rowCount += entry.rowCount
      randomPositions = entry.randomPositions
    }
    guard let found else { return "it holds nothing that can be read" }
    return identity.difference(from: found)
  }

  /// Calls `body` with the payload of each whole record from the start, and notes where they end: at the first that is
  /// damaged, or that `body` finds a fault in.
  private func forEachRecord(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    byteCount = 0
    let reader = try RecordReader("/proc/self/fd/\(descriptor)", name: path)
    // Damage is where the run was cut.
    while let chunk = try? reader.next() {
      do {
        try chunk.forEach(0..<chunk.count) { record in
          guard record.isIntact else { throw ByteReader.Fault(offset: record.offset, problem: "is cut") }
          try body(record.payload)
          byteCount = record.offset + record.frame.count
        }
      } catch is ByteReader.Fault { return }
    }
  }

  private func cut(to length: Int) throws {
    guard retryingInterrupts({ ftruncate(descriptor, off_t(length)) }) == 0 else {
      throw SystemError().writing(path)
    }
    byteCount = length
  }

  /// Adds the rows of `count` videos; they are kept from now on, whatever becomes of the process.
  package func append(rows: [UInt8], count: Int, randomPositions: [String: UInt64]) throws {
    try append(JournalEntry.encoded(rows: rows, count: count, randomPositions: randomPositions))
    rowCount += count
    self.randomPositions = randomPositions
  }

  private func append(_ payload: [UInt8]) throws {
    var record: [UInt8] = []
    record.append(recordOf: payload)
    try record.withUnsafeBytes { bytes in
      var rest = bytes
      while let address = rest.baseAddress, rest.count > 0 {
        let offset = byteCount + bytes.count - rest.count
        let written = retryingInterrupts { pwrite(descriptor, address, rest.count, off_t(offset)) }
        guard written > 0 else { throw SystemError(written == 0 ? EIO : errno).writing(path) }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
    byteCount += record.count
  }

  /// Writes all rows to `sink`, in order.
  ///
  /// - Throws: ``KernelError`` `.io` when rows that were written are not there any more, and what `sink` throws.
  package func copyRows(to sink: any ByteSink) throws {
    var isFirst = true
    var copied = 0
    try forEachRecord { payload in
      defer { isFirst = false }
      guard !isFirst else { return }
      let entry = try JournalEntry(decoding: payload)
      copied += entry.rowCount
      try sink.write(entry.rows)
    }
    guard copied == rowCount else { throw KernelError(.io, path, "was changed while it was being written") }
  }

  /// Removes the file.
  package func remove() { unlink(path) }
}
