import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool convert`
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a checkpoint into another container.",
    discussion: """
      The names decide: .safetensors, .npz, anything else is a bundle's prefix. V1 checkpoints are read, not written. \
      What a container cannot hold is refused by name; leave it out with --except.
      """)

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @OptionGroup var destination: DestinationArgument
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let selection = self.selection.selection
    let source = try openCheckpoint(source, writing.quiet)
    self.selection.warnOfUnmatched(in: [source], writing.quiet.diagnostics)
    let plan = try OutputPlan(of: source) { selection.contains($0.name.description) }
    try writing.write(plan, to: destination.path)
  }
}
