import ArgumentParser
import Bytes
import Records
import Terminal

/// `fake-filter filter`
struct Filter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a folder's record files without the artificial videos.",
    discussion: """
      Each file of the source folder (not of folders in it) that matches the pattern becomes one of the same name in \
      the destination, also when nothing of it is kept; kept records are copied byte for byte, after their checksums \
      were verified. The outputs appear together when all are complete. The CSV file needs the columns vids and std; \
      a video with several rows is kept if any of them says so.
      """)

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where the record files are.", valueName: "folder"),
    completion: .directory)
  var sourceFolder: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where they go; made if it is missing.", valueName: "folder"),
    completion: .directory)
  var destFolder: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The table that scan made; - is standard input.", valueName: "path"),
    completion: .file())
  var csvFile: String

  @OptionGroup var threshold: ThresholdOption

  @Option(help: "What becomes of videos without a std in the table: keep, drop or fail, which names them.")
  var missing = FakeFilter.MissingRule.fail

  @Option(help: ArgumentHelp("Which files of the source folder.", valueName: "glob")) var pattern = "*.tfrecord"
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let plan = try FolderPlan(
      from: sourceFolder, to: destFolder, pattern: Glob(pattern), existing: forcing.existing)
    let filter = FakeFilter(try DeviationTable(csvFile), threshold: threshold.threshold, missing: missing)
    if filter.table.repeatedCount > 0 {
      quiet.diagnostics.warning(
        "\(filter.table.name): \(counted(filter.table.repeatedCount, "row")) of a video that has one already; the "
          + "largest std counts")
    }
    let meter = progress.start("filtering", quiet)
    defer { meter.finish() }
    let total = plan.byteCount
    let counter = ByteCounter { meter.report($0, total) }
    let reports = try filter.run(plan, threads.workers, isDryRun: dryRun.dryRun) { counter.add($0) }
    meter.finish()
    if json.json { try writeJSON(reports) }
    try report(reports)
  }

  private func report(_ reports: [FakeFilter.FileReport]) throws {
    let missing = reports.flatMap(\.missing)
    if !missing.isEmpty {
      quiet.diagnostics.warning(
        "\(self.missing == .keep ? "kept" : "dropped") \(counted(missing.count, "video")) without a std: "
          + listed(missing))
    }
    guard !json.json else { return }
    for file in reports { quiet.diagnostics.note("\(file.name): kept \(file.kept), dropped \(file.dropped)") }
    let (kept, dropped) = reports.reduce((0, 0)) { ($0.0 + $1.kept, $0.1 + $1.dropped) }
    if reports.count > 1 { quiet.diagnostics.note("\(reports.count) files: kept \(kept), dropped \(dropped)") }
  }

  private func writeJSON(_ reports: [FakeFilter.FileReport]) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("kept", reports.reduce(0) { $0 + $1.kept })
      try json.member("dropped", reports.reduce(0) { $0 + $1.dropped })
      try json.array("files") {
        for file in reports {
          try json.object(inline: true) {
            try json.member("name", file.name)
            try json.member("kept", file.kept)
            try json.member("dropped", file.dropped)
            try json.member("missing", file.missing)
          }
        }
      }
    }
  }
}
