import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool split`
struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distribute a checkpoint's tensors over several.",
    discussion: """
      Each tensor goes to the first part whose glob matches its name; '*=PREFIX' at the end takes the rest. The \
      parts appear together, or none does.
      """)

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(help: ArgumentHelp("Which tensors go where: 'model_0/*=single/model'.", valueName: "glob=path"))
  var parts: [String]
  @OptionGroup var writing: WritingOptions

  func run() throws {
    try writing.write(
      try Splitting(parts).plans(try openCheckpoint(source, writing.quiet)).map { .init($0.plan, to: $0.prefix) })
  }
}
