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
    let plan = try OutputPlan(merging: try inputs.map { try openCheckpoint($0) }, scopes: scopes)
    try writing.write(plan, to: result.output)
  }
}
