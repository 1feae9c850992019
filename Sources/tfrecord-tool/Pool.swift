import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool pool`
struct Pool: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make videos of frames into video-level records of their means.",
    discussion: """
      Of each feature list, such as rgb, the mean of the dequantized frames is stored (mean_rgb), beside id and \
      labels, as in YouTube-8M's own video-level files. All frames count, beyond the 300 that models read too.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: RecordOutput
  @Flag(help: "Store the standard deviation too (std_rgb).") var std = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try inputs.expanded()
    let writer = try output.writer(threads.workers)
    let meter = progress.start("pooling", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    let pooling = FramePooling(files, threads.workers, shard: inputs.shard, addsDeviation: std)
    try pooling.run(into: writer) { meter.report($0, total) }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}
