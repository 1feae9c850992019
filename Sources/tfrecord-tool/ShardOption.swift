import ArgumentParser
import Records

/// `--shard i/N`: one part of a job that several processes share.
struct ShardOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only part I (from 0) of N: every N-th record, counted over all the files.", valueName: "i/n"))
  var shard: RecordShard?
}

extension RecordShard: ExpressibleByArgument {
  package init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(index, of: count)
  }
}
