import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool merge`
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join the tensors of several checkpoints.",
    discussion: "A tensor that is in two of them is refused, unless scopes keep them apart.")

  @Argument(help: "The checkpoints.", completion: .file()) var inputs: [String]
  @Option(
    help: ArgumentHelp("A scope for each checkpoint, put before its names: 'model_0,model_1'.", valueName: "s,s,…"))
  var scopes: String?
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let scopes = scopes?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let sources = try CheckpointSeries.named(inputs).map { try openCheckpoint($0, writing.quiet) }
    let plan = try OutputPlan(merging: sources, scopes: scopes)
    for tensor in plan.tensors where tensor.info.name.description.hasSuffix("/" + ObjectGraph.key.description) {
      writing.quiet.diagnostics.warning(
        "\(tensor.info.name): TensorFlow looks for an object graph without a scope only",
        hint: "read the result by its names, with tf.train.load_checkpoint")
    }
    try writing.write(plan, to: result.output)
  }
}
