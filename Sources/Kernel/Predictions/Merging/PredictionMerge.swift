import Bytes
import Synchronization

/// Several prediction files of the same videos made one.
///
/// Rows are merged a block at a time on all cores. The row of a video in another file is expected after the one found
/// last and otherwise looked up, so files may have any order; the result has that of the first file.
///
/// Memory: the files' indexes, some 2 MiB of text a thread, and the pages of the files between two releases: some
/// 20 MiB a file where the orders agree, ``PageRelease/scatteredLimit`` for all files where they do not. Nine files
/// of 1,100,000 rows of 20 pairs (3.1 GB) take 390 MB on two threads, or 680 MB when each has an order of its own.
package struct PredictionMerge: Sendable {
  /// What was written.
  package struct Report: Equatable, Sendable {
    /// Rows of the result.
    package var rowCount = 0
    /// Rows of the result that not all files have.
    package var partialCount = 0
    /// For each file, how many rows of the result it does not have.
    package var lacking: [Int]
    /// For each file, how many of its rows are not in the result.
    package var leftOut: [Int]
  }

  private let files: [PredictionFile]
  private let options: MergeOptions
  private let weights: [Double]
  private static let releaseSize = 16 << 20

  /// - Throws: ``KernelError`` `.usage` when there is no file or the options make no sense.
  package init(_ files: [PredictionFile], _ options: MergeOptions) throws {
    guard !files.isEmpty else { throw KernelError(.usage, "", "there is nothing to merge") }
    try options.rule.check()
    guard options.topK > 0 else { throw KernelError(.usage, "", "the best \(options.topK) labels of each video") }
    self.files = files
    self.options = options
    weights = try MergeOptions.checked(options.weights, count: files.count)
  }

  /// Writes the header and a row for each video.
  ///
  /// - Parameter progress: called with bytes of the files read so far and in all.
  /// - Throws: ``KernelError`` `.badData` with file and line for a row that cannot be read or merged, and what the sink
  ///   throws.
  package func write(
    to sink: any ByteSink, _ workers: Workers, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Report {
    let sink = LateHeader((options.header ?? files[0].header) + [UInt8(ascii: "\n")], into: sink)
    let marks = files.map { RowMarks(count: $0.count) }
    let tally = Mutex(Report(lacking: files.map { _ in 0 }, leftOut: files.map { _ in 0 }))
    let total = files.reduce(0) { $0 + $1.byteCount(of: 0..<$1.count) }
    for first in files.indices {
      if first > 0, options.rows != .union { break }
      let rows = first == 0 ? nil : marks[first].unmarked()
      let count = rows?.count ?? files[0].count
      let pages = PageRelease(files, size: PredictionMerge.releaseSize)
      try BlockWriting.write(rowCount: count, format: options.format, workers, to: sink) { end in
        pages.release()
        if first == 0 { progress(total / max(count, 1) * end, total) }
      } _: { block, text in
        try write(block, rows, from: first, marks, pages, tally, &text)
      }
    }
    try sink.finish()
    var report = tally.withLock { $0 }
    for index in files.indices {
      report.leftOut[index] = files[index].count - (report.rowCount - report.lacking[index])
    }
    return report
  }

  /// Appends the merged rows of a block of rows of file `first`, which no earlier file has.
  private func write(
    _ block: Range<Int>, _ rows: [Int32]?, from first: Int, _ marks: [RowMarks], _ pages: PageRelease,
    _ tally: borrowing Mutex<Report>, _ text: inout RowText
  ) throws {
    var merger = RowMerger(options, weights: weights)
    var joiner = RowJoiner(files, start: block.lowerBound, pages)
    let lead = joiner.cursors[first]
    var local = Report(lacking: files.map { _ in 0 }, leftOut: [])
    for position in block {
      let row = rows.map { Int($0[position]) } ?? position
      let id = lead.row(row).id
      joiner.find(id, first: first, row: row)
      if options.rows == .intersection, joiner.lackCount > 0 { continue }
      merger.begin()
      for (index, cursor) in joiner.cursors.enumerated() {
        let found = joiner.rows[index]
        guard found >= 0 else {
          local.lacking[index] += 1
          continue
        }
        marks[index].mark(found)
        try merger.add(found, of: cursor, index)
      }
      local.rowCount += 1
      if joiner.lackCount > 0 { local.partialCount += 1 }
      do { try merger.finish(id: id, to: &text) } catch let fault as ByteReader.Fault {
        throw lead.file.error(inRow: row, fault.problem)
      }
    }
    joiner.note(first: first, rows: block)
    tally.withLock { tally in
      tally.rowCount += local.rowCount
      tally.partialCount += local.partialCount
      for index in tally.lacking.indices { tally.lacking[index] += local.lacking[index] }
    }
  }
}
