import ArgumentParser
import Bytes
import Checkpoints
import Tensors
import Terminal

/// `ckpt-tool set`
struct SetTensors: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Replace or add tensors from .npy files.",
    discussion: "A replaced tensor must keep its shape and type unless --reshape allows otherwise.")

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(
    help: ArgumentHelp(
      "A tensor's name and the file with its value; - for standard input.", valueName: "name=file.npy"))
  var assignments: [String]
  @Flag(help: "Let a replaced tensor change its shape or type.") var reshape = false
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    let replacements = try assignments.map { try replacement($0, source) }
    try writing.write(try OutputPlan(of: source, setting: replacements), to: result.output)
  }

  private func replacement(_ assignment: String, _ source: any TensorSource) throws -> PlannedTensor {
    guard let separator = assignment.lastIndex(of: "="), separator > assignment.startIndex,
      assignment.index(after: separator) < assignment.endIndex
    else {
      throw KernelError(
        .usage, "", "'\(assignment)' is not of the form NAME=FILE.npy",
        hint: "first the checkpoint, then for example global_step=step.npy")
    }
    let name = TensorName(String(assignment[..<separator]))
    let file = String(assignment[assignment.index(after: separator)...])
    let array = try file == "-" ? NpyArray(ByteView(standardInput()), path: "standard input") : NpyArray(path: file)
    let info = TensorInfo(name: name, dtype: array.dtype, shape: array.shape, byteCount: array.bytes.count)
    if let index = source.index(of: name), !reshape {
      let old = source.tensors[index]
      guard old.dtype == info.dtype, old.shape == info.shape else {
        throw KernelError(
          .usage, source.path, at: .tensor(name.description),
          "is \(old.dtype.name) \(old.shape), but the file holds \(info.dtype.name) \(info.shape)",
          hint: "convert the array, or allow the change with --reshape")
      }
    }
    return PlannedTensor(info: info, content: .bytes(array.bytes), placement: .last)
  }
}
