import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool concat`
struct Concat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the records of several files as one.",
    discussion: """
      Records keep the order of the files and every byte; their checksums are checked on the way. Plain and \
      compressed files may be mixed.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: RecordOutput
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try inputs.expanded()
    let writer = try output.writer(threads.workers)
    let meter = progress.start("joining", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    try RecordCopying(files, threads.workers, shard: inputs.shard).run(into: writer) { meter.report($0, total) }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}
