import Bytes

/// Rows of a prediction file for videos that are not predicted: the artificial ones, each with the same label-score pairs
/// (`badreplace.csv` of the 2018 1st place; specs: miha2018 §6).
package struct DummyRows: Sendable {
  package let table: DeviationTable
  package let threshold: Double
  package let missing: FakeFilter.MissingRule
  private let tail: [UInt8]

  /// The header of a submission of 2017 and 2018.
  package static let header = "VideoId,LabelConfidencePairs"
  /// The pairs of the published file.
  package static let pairs = "0 0.5 1 0.25"

  /// - Parameter pairs: labels and scores in turn, separated by spaces.
  /// - Throws: ``KernelError`` `.usage` when `pairs` are not pairs of a label and a finite score.
  package init(
    _ table: DeviationTable, pairs: String = DummyRows.pairs, threshold: Double = 0.1,
    missing: FakeFilter.MissingRule = .fail
  ) throws {
    let words = pairs.split(separator: " ", omittingEmptySubsequences: false)
    let isPairs = words.enumerated().allSatisfy { index, word in
      index % 2 == 0 ? (Int(word) ?? -1) >= 0 : Double(word)?.isFinite == true
    }
    guard isPairs, words.count % 2 == 0 else {
      throw KernelError(
        .usage, "", "'\(pairs)' are not pairs of a label and a score", hint: "as in '\(DummyRows.pairs)'")
    }
    self.table = table
    self.threshold = threshold
    self.missing = missing
    tail = Array(",\(pairs)\n".utf8)
  }

  /// The videos that got a row, and those of which the table tells nothing or no number.
  package struct Report: Equatable, Sendable {
    package var rowCount = 0
    package var missing: [String] = []
  }

  /// Writes a row for each artificial video of the table, in its order.
  ///
  /// - Throws: ``KernelError`` `.badData` when numbers are missing under ``FakeFilter/MissingRule/fail``.
  package func write(to sink: any ByteSink) throws -> Report {
    var unknown: [String] = []
    table.forEach(threshold: threshold) {
      if $1 == .unknown { unknown.append(String(decoding: $0, as: UTF8.self)) }
    }
    var pass = try Pass(self, header: Array(DummyRows.header.utf8), unknown, sink)
    try table.forEach(threshold: threshold) { try pass.add($0, $1) }
    return pass.report
  }

  /// Writes a row for each artificial video among those that `forEachID` gives, in its order; it is called twice.
  ///
  /// - Throws: ``KernelError`` `.badData` when rows or numbers are missing under ``FakeFilter/MissingRule/fail``.
  package func write(
    header: [UInt8], to sink: any ByteSink,
    forEachID: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> Report {
    var unknown: [String] = []
    try forEachID {
      if table.verdict(on: $0, threshold: threshold) == .unknown {
        unknown.append(String(decoding: $0, as: UTF8.self))
      }
    }
    var pass = try Pass(self, header: header, unknown, sink)
    try forEachID { try pass.add($0, table.verdict(on: $0, threshold: threshold)) }
    return pass.report
  }

  private struct Pass {
    let rows: DummyRows
    let sink: any ByteSink
    var report = Report()
    var line: [UInt8] = []

    /// Begins a file; nothing is written if `unknown` videos are to make it fail.
    init(_ rows: DummyRows, header: [UInt8], _ unknown: [String], _ sink: any ByteSink) throws {
      if rows.missing == .fail, let error = rows.table.missingError(unknown) { throw error }
      report.missing = unknown
      self.rows = rows
      self.sink = sink
      try sink.write(header + [UInt8(ascii: "\n")])
    }

    mutating func add(_ id: UnsafeRawBufferPointer, _ verdict: DeviationTable.Verdict) throws {
      guard verdict == .fake || verdict == .unknown && rows.missing != .keep else { return }
      line.removeAll(keepingCapacity: true)
      try CSVFields.append(id, to: &line)
      line += rows.tail
      try sink.write(line)
      report.rowCount += 1
    }
  }
}
