import ArgumentParser
import Bytes
import Checkpoints
import Quantization
import Terminal
import Models

/// `quantize report`
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare a quantized model with the one it was made of.",
    discussion: """
      For each quantized variable: its bytes now and before, the mean squared error, the signal-to-noise ratio (the \
      squares of the weights over those of the errors, in decibels) and the largest error.
      """)

  @Argument(help: "The quantized model: a checkpoint with its .meta file.", completion: .file()) var quantized:
    String
  @Argument(help: "The checkpoint it was made of.", completion: .file()) var original: String

  @Option(
    help: ArgumentHelp("Also draw size and signal-to-noise ratio of each tensor, as SVG.", valueName: "path"),
    completion: .file())
  var plot: String?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let drawing = plot.map { NamedOutput($0, existing: forcing.existing) }
    if let drawing, drawing.path == nil {
      throw KernelError(.usage, "", "standard output is for the table", hint: "name a file for --plot")
    }
    try drawing?.check()
    let model = try ModelFiles(quantized)
    let source = try openCheckpoint(original)
    let meter = progress.start("comparing", quiet)
    let outcomes = try Dequantization.errors(of: model, from: source, threads.workers, progress: meter.report)
    meter.finish()
    try drawing?.write { try $0.write(Array(OutcomePlot(outcomes).text.utf8)) }
    let table = OutcomeTable(outcomes, .init(before: source.byteCount, after: model.source.byteCount))
    if json.json { try table.writeJSON() } else { try table.write() }
  }
}
