import ArgumentParser
import Bytes
import Predictions
import Records
import Terminal

/// `fake-filter rows`
struct Rows: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make dummy rows for the artificial videos.",
    discussion: """
      Writes a prediction file with the same label-score pairs for each video that filter drops: for those of the \
      table in its order, or for those of a template in that file's order.
      """)

  @Argument(help: "The table that scan made; - is standard input.", completion: .file()) var csvFile: String

  @Option(
    help: ArgumentHelp(
      "A prediction file (or sample_submission.csv) whose videos to go through, in place of those of the table.",
      valueName: "path"), completion: .file())
  var template: String?

  @Option(help: ArgumentHelp("Labels and scores in turn.", valueName: "pairs")) var pairs = DummyRows.pairs
  @OptionGroup var threshold: ThresholdOption

  @Option(
    help: """
      What becomes of videos without a std in the table: drop, which gives them a row, keep, which does not, or \
      fail, which names them. Use the same as with filter.
      """)
  var missing = FakeFilter.MissingRule.fail

  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if csvFile == FileArguments.standardInput, template == FileArguments.standardInput {
      throw ValidationError("standard input can be only one of the inputs")
    }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    let rows = try DummyRows(
      DeviationTable(csvFile), pairs: pairs, threshold: threshold.threshold, missing: missing)
    let template = try template.map { try PredictionFile($0) }
    let report = try named.write { sink in
      guard let template else { return try rows.write(to: sink) }
      return try rows.write(header: template.header, to: sink) { body in
        for number in 0..<template.count { try template.withRow(number) { try body($0.id) } }
      }
    }
    if !report.missing.isEmpty {
      quiet.diagnostics.warning(
        "\(missing == .keep ? "no row" : "a row") for \(counted(report.missing.count, "video")) without a std: "
          + listed(report.missing))
    }
    quiet.diagnostics.detail(counted(report.rowCount, "row"))
  }
}
