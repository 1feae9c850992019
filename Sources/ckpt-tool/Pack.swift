import ArgumentParser
import Bytes
import Packaging
import Terminal

/// `ckpt-tool pack`
struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a checkpoint as a submission archive.",
    discussion: """
      Puts data, index, graph (.meta) and model_flags.json at the root of a .tgz, .tar.gz or .tar, under the name \
      the official inference script looks for. The same input gives the same bytes.
      """)

  @Argument(help: "The checkpoint to pack.", completion: .file())
  var checkpoint: String

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("What the checkpoint is called in the archive.", valueName: "base"))
  var name = "inference_model"

  @Option(
    help: ArgumentHelp("The model's flags (default: model_flags.json beside the checkpoint).", valueName: "path"),
    completion: .file())
  var flags: String?

  @Flag(help: "Do without the graph or the flags where there are none.")
  var allowMissing = false

  @Flag(help: "Add a checkpoint state file that names the checkpoint.")
  var state = false

  @Option(help: ArgumentHelp("Refuse an archive of more bytes than this, as in 1GB.", valueName: "size"))
  var limit: ByteSize?

  @Option(help: ArgumentHelp("How hard to compress: 0 (not at all) to 9 (slowly).", valueName: "n"))
  var level = GzipLevel.standard.number

  @OptionGroup var threads: ThreadsOption
  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard GzipLevel(level) != nil else { throw ValidationError("--level must be 0 to 9, not \(level)") }
  }

  func run() throws {
    let path = try output.requiredPath()
    let submission = try Submission(checkpoint, contents)
    try submission.check(path, options: writing)
    for name in submission.missing { quiet.diagnostics.warning("packing without \(name)") }
    if dryRun.dryRun { return try plan(submission, path) }

    let total = submission.members.reduce(0) { $0 + $1.byteCount }
    let progress = progress.start("packing", quiet)
    defer { progress.finish() }
    let size = try submission.write(to: path, options: writing) { progress.report($0, total) }
    quiet.diagnostics.detail("\(path): \(size) bytes, \(submission.members.count) members")
  }

  private var contents: Submission.Options {
    var options = Submission.Options()
    options.baseName = name
    options.flagsPath = flags
    options.allowsMissing = allowMissing
    options.includesState = state
    return options
  }

  private var writing: Submission.WriteOptions {
    var options = Submission.WriteOptions()
    options.existing = output.existing
    options.level = GzipLevel(level) ?? .standard
    options.workers = threads.workers
    options.limit = limit?.bytes
    return options
  }

  private func plan(_ submission: Submission, _ path: String) throws {
    var table = Table([
      Table.Column("member"), Table.Column("bytes", .right), Table.Column("from", isFlexible: true),
    ])
    for member in submission.members {
      table.append([member.name, "\(member.byteCount)", member.path ?? "made here"])
    }
    try table.write()
    let memory = ByteSize(submission.workingMemory(options: writing))
    try StandardOutput.shared.line(
      "\(counted(submission.members.count, "member")), \(submission.tarByteCount) bytes before compression, "
        + "about \(memory) of memory")
    try StandardOutput.shared.line("would write \(path.printable)")
  }
}
