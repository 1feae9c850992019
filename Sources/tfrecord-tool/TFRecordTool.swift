import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct TFRecordTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tfrecord-tool", abstract: "Operations on TFRecord files.",
    discussion: """
      Files are paths, quoted globs, comma-separated lists of them, @list for a file of names, or - for standard \
      input. Compression is recognised by content.
      """,
    version: Program.versionLine("tfrecord-tool"),
    subcommands: [
      Info.self, Cat.self, Head.self, Get.self, FromJSON.self, Ids.self, Labels.self, Verify.self, Repair.self,
      Index.self, Split.self, Concat.self, Shuffle.self, Sample.self, Checksum.self, Filter.self, Convert.self,
      Pool.self, Stats.self, Synth.self,
    ])
}
