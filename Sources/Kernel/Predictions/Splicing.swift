import Bytes

/// Two prediction files that share no video, made one: the predictions of the real videos and the dummy rows of the
/// artificial ones (`submission_concat.py` of the 2018 1st place; specs: miha2018 §6).
package struct Splicing: Sendable {
  /// What becomes of videos of the template that have no row in either file.
  package enum MissingRule: String, Sendable, CaseIterable {
    /// They get the template's row.
    case template
    case drop, fail
  }

  /// What was written.
  package struct Report: Equatable, Sendable {
    package var goodCount = 0
    package var fakeCount = 0
    /// Ids of the template without a row in either file, in its order.
    package var missing: [String] = []
  }

  let good: PredictionFile
  let fake: PredictionFile

  /// - Throws: ``KernelError`` `.badData` when the headers differ, a video is in both files, or a row is not of
  ///   label-score pairs.
  package init(good: PredictionFile, fake: PredictionFile) throws {
    self.good = good
    self.fake = fake
    try Splicing.demandSameHeader(fake, good)
    try Splicing.demandPairs(good)
    try Splicing.demandPairs(fake)
    for number in 0..<fake.count {
      try fake.withRow(number) { row in
        guard let other = good.number(of: row.id) else { return }
        throw KernelError(
          .badData, fake.name, at: .line(fake.lineNumber(of: number)),
          "video \(row.idText) is in \(good.name) too, in line \(good.lineNumber(of: other))")
      }
    }
  }

  /// Refuses rows that a leaderboard could not read.
  private static func demandPairs(_ file: PredictionFile) throws {
    var pairs = PredictionPairs()
    for number in 0..<file.count { try file.read(number, into: &pairs) }
  }

  private static func demandSameHeader(_ file: PredictionFile, _ first: PredictionFile) throws {
    guard file.header == first.header else {
      let found = String(decoding: file.header, as: UTF8.self)
      let expected = String(decoding: first.header, as: UTF8.self)
      throw KernelError(
        .badData, file.name, at: .line(1), "the header is '\(found)', but that of \(first.name) is '\(expected)'")
    }
  }

  /// Writes the header once, the good rows, then the others, each in the order of its file.
  package func write(to sink: any ByteSink) throws -> Report {
    try sink.writeLine(good.header)
    for file in [good, fake] {
      for number in 0..<file.count { try file.withRow(number) { try sink.writeLine($0.line) } }
    }
    return Report(goodCount: good.count, fakeCount: fake.count)
  }

  /// Writes the rows in the order of `template`, which tells all videos that a submission must have.
  ///
  /// - Throws: ``KernelError`` `.badData` when the template has another header, a row is of a video that the template
  ///   does not have, or one is missing under ``MissingRule/fail``.
  package func write(
    orderedBy template: PredictionFile, missing rule: MissingRule, to sink: any ByteSink
  ) throws -> Report {
    try Splicing.demandSameHeader(template, good)
    for file in [good, fake] { try demand(file, in: template) }
    let missing = self.missing(in: template)
    if rule == .fail, !missing.isEmpty {
      throw KernelError(
        .badData, template.name, "no row for \(Splicing.list(missing))",
        hint: "--missing template takes the template's rows for them, --missing drop leaves them out")
    }
    var report = Report(missing: missing)
    try sink.writeLine(good.header)
    for number in 0..<template.count {
      try template.withRow(number) { row in
        if let found = good.number(of: row.id) {
          report.goodCount += 1
          try good.withRow(found) { try sink.writeLine($0.line) }
        } else if let found = fake.number(of: row.id) {
          report.fakeCount += 1
          try fake.withRow(found) { try sink.writeLine($0.line) }
        } else if rule == .template {
          try sink.writeLine(row.line)
        }
      }
    }
    return report
  }

  /// Ids of the template that neither file has.
  private func missing(in template: PredictionFile) -> [String] {
    (0..<template.count).compactMap { number in
      template.withRow(number) { row in
        good.number(of: row.id) == nil && fake.number(of: row.id) == nil ? row.idText : nil
      }
    }
  }

  /// Refuses videos that the template does not have: a submission with them would be.
  private func demand(_ file: PredictionFile, in template: PredictionFile) throws {
    let extra = (0..<file.count).compactMap { number in
      file.withRow(number) { template.number(of: $0.id) == nil ? $0.idText : nil }
    }
    guard extra.isEmpty else {
      throw KernelError(.badData, file.name, "\(template.name) does not have \(Splicing.list(extra))")
    }
  }

  /// `1 video: a`, `3 videos: a, b, c`, at most twenty of them.
  private static func list(_ ids: [String]) -> String {
    let listed = ids.prefix(20).joined(separator: ", ") + (ids.count > 20 ? ", …" : "")
    return "\(ids.count == 1 ? "1 video" : "\(ids.count) videos"): \(listed)"
  }
}

extension ByteSink {
  /// Writes a row and a line feed, whatever ended it in its file.
  fileprivate func writeLine(_ line: UnsafeRawBufferPointer) throws {
    try write(line)
    try withUnsafeBytes(of: UInt8(ascii: "\n")) { try write($0) }
  }

  fileprivate func writeLine(_ line: [UInt8]) throws { try write(line + [UInt8(ascii: "\n")]) }
}
