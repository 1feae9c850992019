import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool reshard`
struct Reshard: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distribute a checkpoint over another number of data files.")

  @Argument(help: ArgumentHelp("The number of data files.", valueName: "n")) var count: Int
  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func validate() throws {
    guard (1...99999).contains(count) else {
      throw ValidationError("the number of data files must be 1 to 99999, not \(count)")
    }
  }

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    guard count <= max(source.tensors.count, 1) else {
      throw KernelError(
        .usage, source.path, "its \(counted(source.tensors.count, "tensor")) cannot fill \(count) data files")
    }
    guard ![".npz", ".safetensors"].contains(where: result.output.hasSuffix) else {
      throw KernelError(.usage, result.output, "is one file by nature", hint: "name a checkpoint prefix")
    }
    var plan = try OutputPlan(copying: source)
    plan.reshard(count)
    try writing.write(plan, to: result.output)
  }
}
