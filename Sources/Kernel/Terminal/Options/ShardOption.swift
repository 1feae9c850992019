import ArgumentParser
import Bytes

/// `--shard i/N`: one part of a job that several processes share.
package struct ShardOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only part I (from 0) of N: every N-th record, counted over all the files.", valueName: "i/n"))
  package var shard: RecordShard?

  package init() {}
}

extension RecordShard: ExpressibleByArgument {
  /// `i/N`; `nil` when it is not that or `i` is no part of `N`.
  package init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(index, of: count)
  }
}
