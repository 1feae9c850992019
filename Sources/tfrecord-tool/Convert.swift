import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool convert`
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compress a record file, decompress it, or change its compression.",
    discussion: """
      How the input is compressed shows in its contents; the name of the result decides how that is, or \
      --compression. The records keep every byte, and their checksums are checked on the way.
      """)

  @Argument(help: "The file.", completion: .file()) var input: String
  @OptionGroup var part: ShardOption
  @OptionGroup var output: RecordOutput
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try FileArguments.expand([input])
    guard files.count == 1 else {
      throw KernelError(
        .usage, "", "\(input) names \(files.count) files", hint: "convert them one by one, or use concat")
    }
    let writer = try output.writer(threads.workers)
    let meter = progress.start("converting", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    try RecordCopying(files, threads.workers, shard: part.shard).run(into: writer) { meter.report($0, total) }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}
