import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool split`
struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distribute a checkpoint's tensors over several.",
    discussion:
      "Each tensor goes to the first part whose glob matches its name; '*=PREFIX' at the end takes the rest.")

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(help: ArgumentHelp("Which tensors go where: 'model_0/*=single/model'.", valueName: "glob=path"))
  var parts: [String]
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let plans = try Splitting(parts).plans(try openCheckpoint(source))
    // All parts are checked before the first is written.
    for (path, plan) in plans { _ = try CheckpointWriter(plan, to: path, existing: writing.forcing.existing) }
    for (path, plan) in plans { try writing.write(plan, to: path) }
  }
}
