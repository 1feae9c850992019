import Bytes
import Synchronization

/// Copies record files without their artificial videos.
///
/// A video stays when its number in the table is above the threshold. Kept records are copied as they stand, with their
/// checksums, after these were verified; files keep their compression.
package struct FakeFilter: Sendable {
  /// What becomes of videos of which the table tells nothing, or no number.
  package enum MissingRule: String, Sendable, CaseIterable { case keep, drop, fail }

  /// What became of one file.
  package struct FileReport: Equatable, Sendable {
    /// The file's base name.
    package let name: String
    package fileprivate(set) var kept = 0
    package fileprivate(set) var dropped = 0
    /// Ids of which the table tells nothing, or no number, in the order of the records.
    package fileprivate(set) var missing: [String] = []
  }

  package let table: DeviationTable
  package let threshold: Double
  package let missing: MissingRule

  package init(_ table: DeviationTable, threshold: Double = 0.1, missing: MissingRule = .fail) {
    self.table = table
    self.threshold = threshold
    self.missing = missing
  }

  /// Filters all files of `plan`, several at a time; their outputs appear when all are complete.
  ///
  /// With ``MissingRule/fail``, nothing more is written once an id is missing, but all files are read, to name all that
  /// are missing. Memory: a chunk of 8 MiB for each thread, or its largest record.
  ///
  /// - Parameters:
  ///   - isDryRun: whether to count only and write nothing.
  ///   - progress: called on any thread with the bytes of records that were read since the last call.
  /// - Throws: ``KernelError`` `.badData` when a record is damaged or ids are missing under ``MissingRule/fail``;
  ///   nothing is left of the outputs then.
  package func run(
    _ plan: FolderPlan, _ workers: Workers, isDryRun: Bool = false,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> [FileReport] {
    let output = try isDryRun ? nil : plan.makeFolder()
    do {
      let isRefused = Flag()
      let results = try workers.map(plan.names.count) { index in
        let pass = Pass(filter: self, plan: plan, name: plan.names[index], isRefused: isRefused)
        return try pass.run(writing: !isDryRun, progress)
      }
      let reports = results.map(\.report)
      let names = reports.flatMap { report in report.missing.map { "\($0) (\(report.name))" } }
      if missing == .fail, let error = table.missingError(names) { throw error }
      for result in results { try result.file?.commit() }
      return reports
    } catch {
      output?.removeIfMade()
      throw error
    }
  }
}

/// One file on its way through the filter.
private struct Pass {
  let filter: FakeFilter
  let plan: FolderPlan
  let name: String
  let isRefused: Flag

  /// A report and, unless nothing is to be written, the file, complete but without its name.
  struct Result: @unchecked Sendable {
    // Sendable holds because the thread that made the file never touches it again.
    let report: FakeFilter.FileReport
    let file: AtomicFile?
  }

  func run(writing: Bool, _ progress: (Int) -> Void) throws -> Result {
    let reader = try RecordReader(plan.source(name))
    var report = FakeFilter.FileReport(name: name)
    let file = try writing ? AtomicFile(plan.target(name), existing: plan.existing) : nil
    // Its buffers go with this call: there may be thousands of files that wait for the others.
    let writer = file.map { RecordWriter(to: $0, compression: reader.compression, workers: Workers(1)) }
    while let chunk = try reader.next() {
      try filter(chunk, of: reader.path, to: isRefused.isSet ? nil : writer, &report)
      progress(chunk.bytes.count)
      chunk.bytes.releasePages(0..<chunk.bytes.count)
    }
    if isRefused.isSet { return Result(report: report, file: nil) }
    try writer?.prepare()
    try file?.prepare()
    return Result(report: report, file: file)
  }

  /// Copies the kept records of a chunk, those that follow each other in one piece.
  private func filter(
    _ chunk: RecordChunk, of path: String, to writer: RecordWriter?, _ report: inout FakeFilter.FileReport
  ) throws {
    try chunk.bytes.withUnsafeBytes { bytes in
      // The run of kept records that is not written yet.
      var start = 0
      var end = 0
      var count = 0
      func writeRun() throws {
        if count > 0 {
          try writer?.write(frames: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), count: count)
        }
        count = 0
      }
      try chunk.forEach(0..<chunk.count) { record in
        try record.check(in: path)
        guard try keeps(record, of: path, &report) else {
          report.dropped += 1
          return try writeRun()
        }
        report.kept += 1
        if count == 0 { start = record.offset - chunk.offset }
        end = record.offset - chunk.offset + record.frame.count
        count += 1
      }
      try writeRun()
    }
  }

  private func keeps(
    _ record: Record, of path: String, _ report: inout FakeFilter.FileReport
  ) throws -> Bool {
    let id: UnsafeRawBufferPointer
    do { id = try Video.id(of: RecordMessage(record.payload)) } catch {
      throw record.explained(error, in: path)
    }
    switch filter.table.verdict(on: id, threshold: filter.threshold) {
    case .good: return true
    case .fake: return false
    case .unknown:
      report.missing.append(String(decoding: id, as: UTF8.self))
      if filter.missing == .fail { isRefused.set() }
      return filter.missing == .keep
    }
  }
}

/// Set once, by any thread.
private final class Flag: Sendable {
  private let state = Atomic(false)

  var isSet: Bool { state.load(ordering: .relaxed) }

  func set() { state.store(true, ordering: .relaxed) }
}
