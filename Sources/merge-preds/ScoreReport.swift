import Bytes
import Predictions
import Terminal

/// What `score` writes.
struct ScoreReport {
  private let scores: [FileScore]
  private let perClass: Bool
  private let compare: Bool

  init(_ scores: [FileScore], perClass: Bool, compare: Bool) {
    self.scores = scores
    self.perClass = perClass
    self.compare = compare
  }

  func write(asJSON: Bool) throws {
    if asJSON { return try writeJSON() }
    try writeScores()
    if compare { try writeComparison() }
    if perClass { try writeClasses() }
  }

  private var metricNames: [String] { scores.first?.metrics.map(\.name) ?? [] }

  private func columns(_ title: String) -> [Table.Column] {
    [Table.Column(title, isFlexible: true)] + metricNames.map { Table.Column($0.uppercased(), .right) }
  }

  private func writeScores() throws {
    var table = Table(columns("FILE"))
    for score in scores {
      table.append([score.file] + score.metrics.map { shown($0.value) })
      let intervals = score.metrics.map { PercentileInterval($0.samples) }
      guard intervals.contains(where: { $0 != nil }) else { continue }
      table.append(["  2.5 %"] + intervals.map { $0.map { shown($0.low) } ?? "" })
      table.append(["  97.5 %"] + intervals.map { $0.map { shown($0.high) } ?? "" })
    }
    try table.write()
  }

  private func writeComparison() throws {
    guard let first = scores.first else { return }
    try StandardOutput.shared.line()
    var table = Table(columns("BETTER THAN \(first.file) BY"))
    for score in scores.dropFirst() {
      let differences = zip(score.metrics, first.metrics).map { Difference($0, $1) }
      table.append([score.file] + differences.map { shown($0.value) })
      table.append(["  2.5 %"] + differences.map { $0.interval.map { shown($0.low) } ?? "" })
      table.append(["  97.5 %"] + differences.map { $0.interval.map { shown($0.high) } ?? "" })
      table.append(["  resamples won"] + differences.map { NumberFormat.fixed(1).text(100 * $0.wins) + " %" })
    }
    try table.write()
  }

  private func writeClasses() throws {
    try StandardOutput.shared.line()
    let files = scores.count == 1 ? [Table.Column("AP", .right)] : scores.map { Table.Column($0.file, .right) }
    var table = Table([Table.Column("CLASS", .right), Table.Column("POSITIVES", .right)] + files)
    var rows: [Int32: (positiveCount: Int, cells: [String])] = [:]
    for (number, score) in scores.enumerated() {
      for found in score.classes {
        var row = rows[found.label] ?? (found.positiveCount, Array(repeating: "", count: scores.count))
        row.cells[number] = shown(found.averagePrecision)
        rows[found.label] = row
      }
    }
    for (label, row) in rows.sorted(by: { $0.key < $1.key }) {
      table.append(["\(label)", "\(row.positiveCount)"] + row.cells)
    }
    try table.write()
  }

  private func writeJSON() throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.array {
      for (number, score) in scores.enumerated() {
        try json.object {
          try json.member("file", score.file)
          for metric in score.metrics { try json.member(metric.name, metric.value) }
          if score.metrics.contains(where: { !$0.samples.isEmpty }) { try writeIntervals(score, json) }
          if compare, number > 0 { try writeComparison(score, scores[0], json) }
          if perClass { try writeClasses(score, json) }
        }
      }
    }
  }

  private func writeIntervals(_ score: FileScore, _ json: JSONWriter) throws {
    try json.object("intervals") {
      for metric in score.metrics {
        guard let interval = PercentileInterval(metric.samples) else { continue }
        try write(interval, metric.name, json)
      }
    }
  }

  private func writeComparison(_ score: FileScore, _ first: FileScore, _ json: JSONWriter) throws {
    try json.object("compared") {
      try json.member("with", first.file)
      for (metric, other) in zip(score.metrics, first.metrics) {
        let difference = Difference(metric, other)
        try json.object(metric.name, inline: true) {
          try json.member("difference", difference.value)
          if let interval = difference.interval { try write(interval, "interval", json) }
          try json.member("won", difference.wins)
        }
      }
    }
  }

  private func write(_ interval: PercentileInterval, _ key: String, _ json: JSONWriter) throws {
    try json.array(key, inline: true) {
      try json.value(interval.low)
      try json.value(interval.high)
    }
  }

  private func writeClasses(_ score: FileScore, _ json: JSONWriter) throws {
    try json.array("classes") {
      for found in score.classes {
        try json.object(inline: true) {
          try json.member("class", Int(found.label))
          try json.member("positives", found.positiveCount)
          try json.member("ap", found.averagePrecision)
        }
      }
    }
  }

  private func shown(_ value: Double) -> String { NumberFormat.fixed(6).text(value) }
}

/// How much better one file is than another, resample by resample.
private struct Difference {
  let value: Double
  let interval: PercentileInterval?
  /// The share of resamples in which it is better; of equal ones, half.
  let wins: Double

  init(_ metric: FileScore.Metric, _ other: FileScore.Metric) {
    let differences = zip(metric.samples, other.samples).map { $0 - $1 }
    value = metric.value - other.value
    interval = PercentileInterval(differences)
    let points = differences.reduce(0.0) { $0 + ($1 > 0 ? 1 : $1 == 0 ? 0.5 : 0) }
    wins = points / Double(max(differences.count, 1))
  }
}

/// `7 videos`, `1 video`
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
