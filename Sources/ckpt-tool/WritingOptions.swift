import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// What every subcommand that writes a checkpoint offers, and how it writes.
struct WritingOptions: ParsableArguments {
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var dryRun: DryRunFlag
  @Flag(help: "Make the folder's checkpoint state file name the result as its latest.")
  var updateState = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  /// A checkpoint to write.
  struct Output {
    let plan: OutputPlan
    /// A prefix, or a file ending in .safetensors or .npz.
    let path: String
    /// A MetaGraph to copy beside a bundle.
    let meta: String?

    init(_ plan: OutputPlan, to path: String, copyingMeta meta: String? = nil) {
      self.plan = plan
      self.path = path
      self.meta = meta
    }
  }

  /// Writes `plan` to `path`, or prints it under `--dry-run`.
  ///
  /// - Returns: whether something was written.
  @discardableResult
  func write(_ plan: OutputPlan, to path: String, copyingMeta meta: String? = nil) throws -> Bool {
    try write([Output(plan, to: path, copyingMeta: meta)])
  }

  /// Writes several checkpoints, of which none appears before all are written.
  @discardableResult
  func write(_ outputs: [Output]) throws -> Bool {
    let writers = try outputs.map { output in
      try CheckpointWriter(output.plan, to: output.path, copyingMeta: output.meta, existing: forcing.existing)
    }
    try CheckpointWriter.checkDistinct(writers)
    let states = updateState ? try FolderStates(naming: writers) : nil
    guard !dryRun.dryRun else {
      for (output, writer) in zip(outputs, writers) { try show(output.plan, writer.paths) }
      for path in states?.paths ?? [] { try StandardOutput.shared.line("would write \(path.printable)") }
      return false
    }
    let total = outputs.lazy.map(\.plan.byteCount).saturatedSum
    let meter = progress.start("writing \(Path.name(of: outputs.last?.path ?? ""))", quiet)
    defer { meter.finish() }
    var done = 0
    let prepared = try zip(outputs, writers).map { output, writer in
      defer { done += output.plan.byteCount }
      return try writer.prepare(threads.workers) { meter.report(done + $0, total) }
    }
    try PreparedCheckpoint.commit(prepared)
    try states?.write()
    for output in outputs {
      quiet.diagnostics.detail(
        "wrote \(counted(output.plan.tensors.count, "tensor")), \(ByteSize(output.plan.byteCount)), to \(output.path)"
      )
    }
    return true
  }

  private func show(_ plan: OutputPlan, _ paths: [String]) throws {
    var table = Table([.init("tensor", isFlexible: true), .init("dtype"), .init("shape"), .init("bytes", .right)])
    for tensor in plan.tensors.sorted(by: { $0.info.name < $1.info.name }) {
      table.append([
        tensor.info.name.description, tensor.info.dtype.name, tensor.info.shape.description,
        "\(tensor.info.byteCount)",
      ])
    }
    try table.write()
    let memory = ByteSize(plan.workingMemory(threads.workers))
    try StandardOutput.shared.line(
      "\(counted(plan.tensors.count, "tensor")), \(counted(plan.byteCount, "byte")), about \(memory) of memory")
    for path in paths { try StandardOutput.shared.line("would write \(path.printable)") }
  }
}

/// The result, which follows the checkpoint, or `-o`.
struct DestinationArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The result: a checkpoint prefix, or a file ending in .safetensors or .npz.", valueName: "output"),
    completion: .file())
  var argument: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The result, when it is not an argument.", valueName: "path"))
  var output: String?

  var path: String { argument ?? output ?? "" }

  func validate() throws {
    guard (argument == nil) != (output == nil) else {
      throw ValidationError("name the result once, after the checkpoint or with --output")
    }
  }
}

/// `-o`, which most writing subcommands need.
struct ResultOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The result: a checkpoint prefix, or a file ending in .safetensors or .npz.", valueName: "path"),
    completion: .file())
  var output: String
}
