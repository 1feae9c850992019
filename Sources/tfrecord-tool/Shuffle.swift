import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool shuffle`
struct Shuffle: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the records of all files in random order.",
    discussion: """
      Every order is equally likely. Record k of the result is record RandomState(seed).permutation(n)[k] of the \
      input (numpy's), so it depends on the seed and the records alone, not on threads or memory. What exceeds the \
      memory takes a detour through an unnamed file in $TMPDIR, as large as the records.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: RecordOutput
  @Option(help: ArgumentHelp("Which of all orders: 0 to 4294967295.", valueName: "number")) var seed: UInt32
  @Option(
    help: ArgumentHelp("Write N files, of equal record counts: PREFIX-00000-of-0000N.tfrecord …", valueName: "n"))
  var shards: Int?
  @Option(help: ArgumentHelp("How much to hold in memory, as in 4GB.", valueName: "size"))
  var memory = ByteSize(1_000_000_000)
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if let shards, !(1...99999).contains(shards) {
      throw ValidationError("--shards must be 1 to 99999, not \(shards)")
    }
    if memory.bytes < 1 << 20 { throw ValidationError("--memory must be 1MiB or more") }
  }

  func run() throws {
    let files = try inputs.expanded()
    let shuffle = RecordShuffle(
      seed: seed, memoryLimit: memory.bytes, threads.workers, shard: inputs.shard)
    let destination = try destination()
    let meter = progress.start("shuffling", quiet)
    defer { meter.finish() }
    try shuffle.run(files, into: destination, progress: meter.report)
  }

  private func destination() throws -> any ShuffleDestination {
    guard let shards else { return try output.writer(threads.workers) }
    guard !output.isStandardOutput, let prefix = output.output else {
      throw KernelError(.usage, "", "--shards needs --output PREFIX")
    }
    let names = ShardNames(prefix, count: shards, compression: output.compression.compression)
    let options = ShardedWriter.Options(
      existing: output.forcing.existing, compression: output.compression.compression,
      level: output.compression.gzipLevel, workers: threads.workers)
    return RunWriter(try ShardedWriter(names.paths, options))
  }
}
