import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what files hold: records, bytes, compression, kind of message, features.",
    discussion: """
      For each feature: its type, in how many records it occurs, and its shape: the numbers of values, and for a feature \
      list of steps and values a step, with the lengths of byte strings. Every checksum is checked. An example has \
      features, a sequence also feature lists; other is every other message.
      """)

  @OptionGroup var inputs: RecordInputs
  @Flag(help: "Follow the lengths only: no features, and contents are not read.") var quick = false
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try inputs.expanded()
    let total = RecordInputs.size(of: files)
    let meter = progress.start("reading", quiet)
    defer { meter.finish() }
    var done = 0
    var earlierCount = 0
    var sum = RecordSummary()
    let summaries = try files.map { file in
      let summary = try RecordFileSummary(
        file, threads.workers, isQuick: quick, shard: inputs.shard, earlierCount: earlierCount
      ) { meter.report(done + $0, total) }
      done += FileStatus(file)?.size ?? 0
      earlierCount += summary.recordCount
      sum.merge(summary.records)
      return summary
    }
    if json.json { try writeJSON(summaries, sum) } else { try writeTables(summaries, sum) }
  }

  private func writeTables(_ files: [RecordFileSummary], _ sum: RecordSummary) throws {
    var table = Table([
      .init("file", isFlexible: true), .init("records", .right), .init("bytes", .right), .init("compression"),
      .init("record bytes", .right), .init("kind"),
    ])
    func append(_ name: String, _ byteCount: Int, _ compression: String, _ records: RecordSummary) {
      table.append([
        name, "\(records.recordCount)", "\(byteCount)", compression, records.payloadLengths.text,
        quick ? "" : records.formText,
      ])
    }
    for file in files { append(file.path, file.byteCount, file.compression.rawValue, file.records) }
    if files.count > 1 { append("total", files.reduce(0) { $0 + $1.byteCount }, "", sum) }
    try table.write()
    guard !sum.features.isEmpty else { return }
    try StandardOutput.shared.line()
    var features = Table([
      .init("feature", isFlexible: true), .init("type"), .init("records", .right), .init("shape"),
    ])
    for feature in sum.features {
      let type = feature.kinds.map(\.name).joined(separator: ", ")
      features.append([
        feature.name, feature.isList ? "list of \(type)" : type, "\(feature.recordCount)", feature.shapeText,
      ])
    }
    try features.write()
  }

  private func writeJSON(_ files: [RecordFileSummary], _ sum: RecordSummary) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.array("files") {
        for file in files {
          try json.object {
            try json.member("path", file.path)
            try json.member("bytes", file.byteCount)
            try json.member("compression", file.compression.rawValue)
            try writeMembers(file.records, json)
          }
        }
      }
      try json.object("total") {
        try json.member("bytes", files.reduce(0) { $0 + $1.byteCount })
        try writeMembers(sum, json)
      }
    }
  }

  private func writeMembers(_ records: RecordSummary, _ json: JSONWriter) throws {
    try json.member("records", records.recordCount)
    try json.member("payload_bytes", records.payloadByteCount)
    try json.write("record_bytes", records.payloadLengths)
    if quick { return }
    try json.object("kinds", inline: true) {
      for form in RecordForm.allCases where records.recordCount(of: form) > 0 {
        try json.member(form.rawValue, records.recordCount(of: form))
      }
    }
    try json.array("features") {
      for feature in records.features {
        try json.object(inline: true) {
          try json.member("name", feature.name)
          try json.member("list", feature.isList)
          try json.member("records", feature.recordCount)
          try json.object("types") {
            for kind in feature.kinds { try json.member(kind.name, feature.recordCount(of: kind)) }
          }
          if feature.isList { try json.write("steps", feature.steps) }
          try json.write("values", feature.values)
          if !feature.byteCounts.isEmpty { try json.write("value_bytes", feature.byteCounts) }
        }
      }
    }
  }
}

extension JSONWriter {
  /// Two numbers, the smallest and the largest; none when there was nothing to count.
  fileprivate func write(_ key: String, _ range: CountRange) throws {
    try member(key, range.isEmpty ? [] : [range.smallest, range.largest])
  }
}

extension CountRange {
  fileprivate var text: String {
    if isEmpty { return "-" }
    return smallest == largest ? "\(smallest)" : "\(smallest)..\(largest)"
  }
}

extension RecordSummary {
  /// `example`, or `example 5, other 1`.
  fileprivate var formText: String {
    let forms = RecordForm.allCases.filter { recordCount(of: $0) > 0 }
    if forms.count == 1 { return forms[0].rawValue }
    return forms.map { "\($0.rawValue) \(recordCount(of: $0))" }.joined(separator: ", ")
  }
}

extension FeatureSummary {
  /// The kinds that occur.
  fileprivate var kinds: [Feature.Kind] { Feature.Kind.allCases.filter { recordCount(of: $0) > 0 } }

  /// `[1024]`, `[1] of 4 bytes`, and for a list `[2..300, 1] of 1024 bytes`.
  fileprivate var shapeText: String {
    let shape = "[" + (isList ? steps.text + ", " : "") + values.text + "]"
    return byteCounts.isEmpty ? shape : "\(shape) of \(byteCounts.text) bytes"
  }
}
