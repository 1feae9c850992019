import ArgumentParser
import Bytes
import Checkpoints
import Quantization
import Terminal
import Models

/// What every subcommand that writes a model offers, and how it writes.
struct WritingOptions: ParsableArguments {
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  /// The prefix of the checkpoint that `path` names.
  func prefix(_ path: String) -> String { CheckpointLocation.prefix(of: path) }

  /// Fails before any work when nothing can be written at `prefix`.
  func check(_ prefix: String) throws {
    guard !prefix.isEmpty else {
      throw KernelError(.usage, "", "the result has an empty name", hint: "give --savefile a checkpoint's prefix")
    }
    guard !Path.name(of: prefix).isEmpty, FileStatus(prefix)?.isDirectory != true else {
      throw KernelError(
        .usage, prefix, "names a folder, not a checkpoint",
        hint: "add a name, as in \(prefix.hasSuffix("/") ? prefix : prefix + "/")model")
    }
    for ending in [".meta", ".index"] {
      try AtomicFile.checkTarget(prefix + ending, existing: forcing.existing)
    }
  }

  /// Writes the model, with its graph and flags, or says under `--dry-run` what would be written.
  func write(_ plan: ModelPlan, to prefix: String) throws {
    let folders = FolderMaker()
    // Folders that hold something stay.
    defer { folders.removeMade() }
    try folders.makeWithParents(Path.folder(of: prefix))
    let writer = try BundleWriter(
      plan.tensors, to: prefix, with: try plan.companions(of: prefix), existing: forcing.existing)
    guard !dryRun.dryRun else {
      for path in writer.paths { quiet.diagnostics.note("would write \(path.printable)") }
      return
    }
    let total = plan.tensors.byteCount
    let meter = progress.start("writing \(Path.name(of: prefix))", quiet)
    defer { meter.finish() }
    try writer.write(threads.workers) { meter.report($0, total) }
    quiet.diagnostics.detail("wrote \(ByteSize(total)) to \(prefix)")
  }
}

extension TensorSource {
  /// Bytes of all tensors.
  var byteCount: Int { tensors.lazy.map(\.byteCount).saturatedSum }
}
