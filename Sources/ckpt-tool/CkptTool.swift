import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct CkptTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ckpt-tool", abstract: "Operations on TensorFlow checkpoints.",
    version: Program.versionLine("ckpt-tool"))
}
