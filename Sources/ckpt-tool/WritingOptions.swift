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

  /// Writes `plan` to `path` (a prefix, or a file ending in .safetensors or .npz), or prints it under `--dry-run`.
  ///
  /// - Parameter meta: a MetaGraph to copy beside a bundle.
  /// - Returns: whether something was written.
  @discardableResult
  func write(_ plan: OutputPlan, to path: String, copyingMeta meta: String? = nil) throws -> Bool {
    let writer = try CheckpointWriter(plan, to: path, copyingMeta: meta, existing: forcing.existing)
    if dryRun.dryRun {
      try show(plan, writer.paths)
      return false
    }
    let meter = progress.start("writing \(Path.name(of: path))", quiet)
    defer { meter.finish() }
    let total = plan.byteCount
    try writer.write(threads.workers) { meter.report($0, total) }
    if case .bundle(let bundle) = writer, updateState { try update(bundle.prefix) }
    quiet.diagnostics.detail("wrote \(plan.tensors.count) tensors, \(ByteSize(total)), to \(path)")
    return true
  }

  private func update(_ prefix: String) throws {
    let folder = Path.folder(of: prefix)
    let old = try? CheckpointState(reading: Path.join(folder, CheckpointState.fileName))
    let name = Path.name(of: prefix)
    let kept = (old?.all ?? []).filter { $0 != name }
    try CheckpointState(latest: name, all: kept + [name]).write(to: folder)
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
      "\(plan.tensors.count) tensors, \(plan.byteCount) bytes, about \(memory) of memory")
    for path in paths { try StandardOutput.shared.line("would write \(path.printable)") }
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
