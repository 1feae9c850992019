import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool split`
struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distribute records over files, or files over the folds of a cross-validation.",
    discussion: """
      --shards and --records cut the records in their order, so that concat restores it; with --by id the id of a \
      record alone decides, whatever files it comes from. The files are called PREFIX-00000-of-00010.tfrecord and \
      so on; a prefix that ends in .gz or .zlib compresses them. They appear together or not at all.

      --folds writes nothing: it lists, for each fold, the files to train on and those held out (fold, train or \
      test, path), as the 2017 solution's cross-validation chooses them, with their validation twins. With --fold \
      and --part only the paths are listed, for use as @list.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: ShardedOutput
  @Option(help: ArgumentHelp("How many files to make.", valueName: "n")) var shards: Int?
  @Option(help: ArgumentHelp("How many records to put in each file.", valueName: "n")) var records: Int?
  @Option(help: ArgumentHelp("What decides instead of the order; needs --shards.", valueName: "id")) var by: Key?
  @OptionGroup var folding: FoldOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  enum Key: String, ExpressibleByArgument { case id }

  func validate() throws {
    guard [shards, records, folding.folds].compactMap({ $0 }).count == 1 else {
      throw ValidationError("say one of --shards, --records and --folds")
    }
    if by != nil, shards == nil { throw ValidationError("--by needs --shards") }
    if let shards, !(1...99999).contains(shards) {
      throw ValidationError("--shards must be 1 to 99999, not \(shards)")
    }
    if let records, records < 1 { throw ValidationError("--records must be 1 or more, not \(records)") }
    if folding.folds != nil, inputs.shard != nil || output.output != nil {
      throw ValidationError("--folds lists files; it takes neither --shard nor --output")
    }
    try folding.validateUse()
  }

  func run() throws {
    let files = try inputs.expanded()
    if folding.folds != nil { return try folding.list(files, quiet.diagnostics) }
    let rule: RecordSplitting.Rule =
      records.map { .records($0) } ?? (by == nil ? .shards(shards ?? 1) : .id(shards ?? 1))
    let prefix = try output.requiredPrefix()
    let meter = progress.start("splitting", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    let splitting = RecordSplitting(rule, threads.workers, shard: inputs.shard)
    let paths = try splitting.run(files, prefix: prefix, output.options(threads.workers)) {
      meter.report($0, total)
    }
    quiet.diagnostics.detail("wrote \(paths.count) files, \(paths[0]) and so on")
  }
}
