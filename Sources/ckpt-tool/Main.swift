import ArgumentParser

@main struct CkptTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ckpt-tool", abstract: "Operations on TensorFlow checkpoints.")
}
