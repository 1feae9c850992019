import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds convert`
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn predictions of videos from one format into another.",
    discussion: """
      Reads CSV, the JSON lines of Cloud batch prediction, or .npz, told apart by content. The result is named by its \
      suffix: .csv, .json or .jsonl, each with .gz if it is to be gzipped, or .npz, which has the arrays ids (bytes), \
      labels (int32) and scores (float32) with a row for each video and -1 for labels where a row is shorter. Rows keep \
      their order, and so do pairs. CSV gets scores of six significant digits, or of six decimals when it comes from \
      JSON, as the published programs write them: give --precision 9 to keep all of a float32. JSON gets all digits.
      """)

  @Argument(help: "The predictions; - is standard input.", completion: .file()) var input: String
  @OptionGroup var output: OutputOptions

  @Option(help: "The format of the result, where its name does not tell: csv, json or npz.") var to: Format?
  @OptionGroup var format: NumberFormatOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  enum Format: String, CaseIterable, ExpressibleByArgument { case csv, json, npz }

  func run() throws {
    let workers = threads.workers
    let target = try target()
    if target == .npz, output.output == nil || output.output == "-" {
      throw KernelError(.usage, "", ".npz cannot go to standard output", hint: "say where with --output PATH")
    }
    let named = NamedOutput(output.output, existing: output.existing, workers)
    try named.check()
    let source = try WholeInput(input, spoolingBeyond: WholeInput.spoolSize)
    let isJSON = PredictionFormat(source.bytes) == .jsonLines
    let file = try PredictionFile(anyFormat: source, workers)
    switch target {
    case .npz: try PredictionArrays.write(file, to: named.path ?? "", existing: output.existing, workers)
    // The published converter of JSON writes %f, all else %g.
    case .csv:
      try named.write { try file.write(to: $0, format.format ?? (isJSON ? .fixed(6) : .reference), workers) }
    case .json: try named.write { try file.writeJSON(to: $0, format.format ?? .shortest, workers) }
    }
    quiet.diagnostics.detail(counted(file.count, "row"))
  }

  private func target() throws -> Format {
    if let to { return to }
    guard let path = output.output, path != "-" else { return .csv }
    let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    if name.hasSuffix(".csv") { return .csv }
    if name.hasSuffix(".json") || name.hasSuffix(".jsonl") { return .json }
    if name.hasSuffix(".npz") { return .npz }
    throw KernelError(.usage, path, "its name does not tell a format", hint: "say which with --to csv, json or npz")
  }
}
