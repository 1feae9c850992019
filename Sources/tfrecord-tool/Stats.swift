import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool stats`
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the videos are like: numbers, labels, frames.",
    discussion: """
      Numbers are those of float features and of the frames, dequantized; mean, deviation and extremes are those of \
      the finite ones. --json has the histograms and all labels.
      """)

  @OptionGroup var inputs: RecordInputs
  @Option(help: ArgumentHelp("How many of the most frequent labels to list.", valueName: "n")) var top = 10
  @Option(help: ArgumentHelp("How many intervals a histogram has.", valueName: "n")) var bins = 64
  @Option(help: ArgumentHelp("What histograms of float features span.", valueName: "low,high"))
  var range = NumberRange(-2...2)
  @Option(
    help: ArgumentHelp("Draw histograms, labels and frames with gnuplot, as SVG.", valueName: "path"),
    completion: .file(extensions: ["svg"]))
  var plot: String?
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard top >= 0 else { throw ValidationError("--top must be 0 or more, not \(top)") }
    guard (1...4096).contains(bins) else { throw ValidationError("--bins must be 1 to 4096, not \(bins)") }
  }

  func run() throws {
    let files = try inputs.expanded()
    // What would keep the image from being made is said before the long work.
    let gnuplot = try plot.map { path in
      try AtomicFile.checkTarget(path, existing: forcing.existing)
      return (try Gnuplot(), path)
    }
    var options = VideoStatistics.Options()
    options.bins = bins
    options.range = range.range
    let total = RecordInputs.size(of: files)
    let meter = progress.start("reading", quiet)
    defer { meter.finish() }
    let statistics = try VideoStatistics(files, options, threads.workers, shard: inputs.shard) {
      meter.report($0, total)
    }
    if let (gnuplot, path) = gnuplot {
      try AtomicFile.write(try gnuplot.run(statistics.plotScript), to: path, existing: forcing.existing)
    }
    if json.json { try writeJSON(statistics) } else { try writeTables(statistics) }
  }

  private func writeTables(_ statistics: VideoStatistics) throws {
    try StandardOutput.shared.line("\(statistics.recordCount) records")
    let distributions = [
      ("frames", statistics.framesPerVideo), ("labels", statistics.labelsPerVideo),
    ].filter { !$0.1.isEmpty }
    if !distributions.isEmpty {
      var table = Table([.init("each has")] + ["min", "median", "max", "mean"].map { .init($0, .right) })
      for (name, distribution) in distributions {
        let values = distribution.sorted.map(\.value)
        let numbers = [values.first, distribution.median, values.last].map { $0.map { "\($0)" } ?? "-" }
        table.append([name] + numbers + [rounded(distribution.mean)])
      }
      try StandardOutput.shared.line()
      try table.write()
    }
    if !statistics.items.isEmpty {
      try StandardOutput.shared.line()
      try numberTable(statistics).write()
    }
    if top > 0, !statistics.labels.isEmpty {
      try StandardOutput.shared.line()
      try labelTable(statistics).write()
    }
  }

  private func numberTable(_ statistics: VideoStatistics) -> Table {
    let titles = ["numbers", "mean", "std", "min", "max", "not finite"]
    var table = Table([.init("feature", isFlexible: true)] + titles.map { .init($0, .right) })
    for item in statistics.items {
      let moments = item.moments
      let shown = [moments.mean, moments.deviation ?? 0, moments.minimum, moments.maximum].map {
        moments.count > 0 ? rounded($0) : "-"
      }
      table.append([item.name, "\(moments.count)"] + shown + ["\(item.notFiniteCount)"])
    }
    return table
  }

  private func labelTable(_ statistics: VideoStatistics) -> Table {
    let labels = statistics.labels.sorted.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
    var table = Table([.init("label", .right), .init("videos", .right), .init("share", .right)])
    for label in labels.prefix(top) {
      let share = 100 * Double(label.count) / Double(statistics.recordCount)
      table.append(["\(label.value)", "\(label.count)", rounded(share) + " %"])
    }
    if labels.count > top { table.append(["\(labels.count - top) more"]) }
    return table
  }

  private func writeJSON(_ statistics: VideoStatistics) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("records", statistics.recordCount)
      try json.array("features") {
        for item in statistics.items { try write(item, json) }
      }
      try write("frames_per_video", statistics.framesPerVideo, json)
      try write("labels_per_video", statistics.labelsPerVideo, json)
      try write("labels", statistics.labels, json)
    }
  }

  private func write(_ item: VideoStatistics.Item, _ json: JSONWriter) throws {
    let moments = item.moments
    try json.object {
      try json.member("name", item.name)
      try json.member("numbers", moments.count)
      try json.member("mean", moments.count > 0 ? moments.mean : nil)
      try json.member("std", moments.deviation)
      try json.member("min", moments.count > 0 ? moments.minimum : nil)
      try json.member("max", moments.count > 0 ? moments.maximum : nil)
      try json.member("not_finite", item.notFiniteCount)
      try json.object("histogram") {
        try json.member("low", item.histogram.range.lowerBound)
        try json.member("high", item.histogram.range.upperBound)
        try json.member("below", item.histogram.below)
        try json.member("above", item.histogram.above)
        try json.member("counts", item.histogram.counts)
      }
    }
  }

  /// Pairs of a value and how often it occurs.
  private func write(_ key: String, _ distribution: Distribution, _ json: JSONWriter) throws {
    try json.array(key, inline: true) {
      for (value, count) in distribution.sorted {
        try json.array(inline: true) {
          try json.value(value)
          try json.value(count)
        }
      }
    }
  }
}

/// A range of numbers, as `-2,2`.
struct NumberRange: ExpressibleByArgument {
  let range: ClosedRange<Double>

  init(_ range: ClosedRange<Double>) { self.range = range }

  init?(argument: String) {
    let bounds = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low < high, (high - low).isFinite
    else { return nil }
    range = low...high
  }

  var defaultValueDescription: String { "\(rounded(range.lowerBound)),\(rounded(range.upperBound))" }
}
