import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool sample`
struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write some records chosen at random, in their order.",
    discussion: """
      --count takes exactly so many, any set of them as likely as any other; --fraction takes each record with that \
      probability, in one pass. The seed decides which, whatever the threads; docs/formats.md tells how numpy \
      finds the same ones.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: RecordOutput
  @Option(help: ArgumentHelp("The probability of each record: 0 to 1.", valueName: "p")) var fraction: Double?
  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many records.", valueName: "n")) var count: Int?
  @Option(help: ArgumentHelp("Which of all samples: 0 to 4294967295.", valueName: "number")) var seed: UInt32
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard (fraction == nil) != (count == nil) else { throw ValidationError("say one of --fraction and --count") }
    if let count, count < 0 { throw ValidationError("--count must be 0 or more, not \(count)") }
    if let fraction, !(0...1).contains(fraction) {
      throw ValidationError("--fraction must be 0 to 1, not \(fraction)")
    }
  }

  func run() throws {
    let files = try inputs.expanded()
    let size: RecordSampling.Size = count.map { .count($0) } ?? .fraction(fraction ?? 0)
    let writer = try output.writer(threads.workers)
    let meter = progress.start("sampling", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    let sampling = RecordSampling(size, seed: seed, threads.workers, shard: inputs.shard)
    try sampling.run(files, into: writer) { meter.report($0, total) }
    if let count, writer.recordCount < count {
      quiet.diagnostics.warning("there are only \(writer.recordCount) records, not \(count)")
    }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}
