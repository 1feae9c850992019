import ArgumentParser
import Bytes
import Records
import Terminal

/// The files that a subcommand reads one after the other, and which part of their records.
struct RecordInputs: ParsableArguments {
  @Argument(help: "The files.", completion: .file()) var files: [String]
  @OptionGroup var part: ShardOption

  var shard: RecordShard? { part.shard }

  func expanded() throws -> [String] { try FileArguments.expand(files) }

  /// Bytes of the files as they lie on disk, for the progress display.
  static func size(of files: [String]) -> Int { files.reduce(0) { $0 + (FileStatus($1)?.size ?? 0) } }
}
