import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct QuantizeTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize", abstract: "Store the large weights of a model in fewer bytes.",
    discussion: """
      A model is a TensorFlow checkpoint with its graph in a .meta file beside it. Both are changed, so that TensorFlow \
      loads the result and computes with the decoded weights.
      """,
    version: Program.versionLine("quantize"),
    subcommands: [Apply.self, Dequantize.self, Report.self],
    defaultSubcommand: Apply.self)
}
