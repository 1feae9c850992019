import ArgumentParser
import Bytes
import Quantization
import Terminal
import Models

/// `quantize dequantize`
struct Dequantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a quantized model back into float32.",
    discussion: """
      Variables X_quants with X_space, and Xfloat16, become float32 variables X with the values that they stood for, \
      in any model that this program or the reference's quantized, also inside ensembles. The graph no longer decodes \
      anything.
      """)

  @Option(help: ArgumentHelp("The quantized model.", valueName: "path"), completion: .file()) var model: String

  @Option(
    help: ArgumentHelp("The prefix of the result; folders that are missing are made.", valueName: "path"),
    completion: .file())
  var savefile: String

  @OptionGroup var writing: WritingOptions

  func run() throws {
    let prefix = writing.prefix(savefile)
    try writing.check(prefix)
    let files = try ModelFiles(model)
    let (plan, restored) = try Dequantization.plan(files)
    try writing.write(plan, to: prefix)
    for item in restored { writing.quiet.diagnostics.detail("\(item.name): \(item.transform.name) to float32") }
    writing.quiet.diagnostics.note(
      "\(restored.count) variable\(restored.count == 1 ? "" : "s") float32 again: "
        + "\(ByteSize(files.source.byteCount)) became \(ByteSize(plan.tensors.byteCount))")
  }
}
