import ArgumentParser
import Bytes
import Checkpoints
import Tensors
import Terminal

/// `ckpt-tool cat`
struct Cat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write one tensor as text, .npy or raw bytes.",
    discussion: """
      Text has a line for each row of the last dimension and an empty line between matrices; numbers have the \
      fewest digits that read back exactly. Raw bytes are row-major and little-endian; a scalar string is written \
      as it is. Without --output, all goes to standard output.
      """)

  enum Format: String, EnumerableFlag {
    case text, npy, raw

    static func help(for value: Format) -> ArgumentHelp? {
      switch value {
      case .text: "Write text (the default)."
      case .npy: "Write a .npy file, as numpy.load reads it (the default for an output so named)."
      case .raw: "Write the values' bytes only."
      }
    }
  }

  @Argument(help: "The checkpoint.", completion: .file()) var checkpoint: String
  @Argument(help: "The tensor's name.") var name: String
  @Flag var format: Format?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let source = try openCheckpoint(checkpoint)
    let index = try source.requiredIndex(of: TensorName(name))
    let info = source.tensors[index]
    let path = output.output == "-" ? nil : output.output
    let format = format ?? (path?.hasSuffix(".npy") == true ? .npy : .text)
    if format != .text, path == nil, StandardOutput.shared.isTerminal {
      throw KernelError(
        .usage, "", "bytes would garble the terminal", hint: "name a file with --output, or use --text")
    }
    let header = format == .npy ? try npyHeader(info, source.path) : []
    let bytes = try source.checkedContents(of: index).bytes
    func write(to sink: any ByteSink) throws {
      if format == .text { return try TensorText.write(info, bytes, of: source.path, to: sink) }
      try sink.write(header)
      try RawValues.write(info, bytes, of: source.path, to: sink)
    }
    guard let path else { return try write(to: StandardOutput.shared) }
    // Replacing the index or a data file by a tensor would destroy the checkpoint.
    if CheckpointLocation.isFile(path, of: source.path) {
      throw KernelError(.cannotCreate, path, "is a file of the checkpoint itself", hint: "choose another name")
    }
    let file = try AtomicFile(path, existing: output.existing)
    try write(to: file)
    try file.commit()
  }

  private func npyHeader(_ info: TensorInfo, _ path: String) throws -> [UInt8] {
    guard let header = NpyHeader.bytes(of: info.dtype, shape: info.shape) else {
      throw KernelError(
        .usage, path, at: .tensor(info.name.description), "numpy has no type for \(info.dtype.name)",
        hint: info.dtype == .string ? "--text writes strings" : "--raw writes the bytes, --text the values")
    }
    return header
  }
}
