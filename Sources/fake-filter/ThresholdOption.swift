import ArgumentParser
import Records

/// `--threshold`: which videos are good.
struct ThresholdOption: ParsableArguments {
  @Option(help: ArgumentHelp("Videos with a std above this are good, all others artificial.", valueName: "std"))
  var threshold = 0.1

  func validate() throws {
    guard threshold.isFinite else { throw ValidationError("--threshold must be a number, not \(threshold)") }
  }
}

extension FakeFilter.MissingRule: ExpressibleByArgument {}

/// `7 videos`, `1 video`
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The first twenty of `ids` for a message.
func listed(_ ids: [String]) -> String {
  ids.prefix(20).joined(separator: ", ") + (ids.count > 20 ? ", …" : "")
}
