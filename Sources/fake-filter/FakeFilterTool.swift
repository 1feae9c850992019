import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct FakeFilterTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fake-filter", abstract: "Find artificial videos, leave them out, and put their rows back.",
    discussion: """
      Half of the 2018 YouTube-8M test set is artificial: such a video's mean image is nearly flat. scan measures it, \
      filter leaves those videos out of inference, rows and splice complete the submission.
      """,
    version: Program.versionLine("fake-filter"),
    subcommands: [Scan.self, Filter.self, Splice.self, Rows.self])
}
