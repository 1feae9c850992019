import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool state`
struct State: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show, repair or set a folder's checkpoint state file.",
    discussion: """
      Without options, prints the latest checkpoint and the others with what is wrong with them; exits 1 if \
      something is.
      """)

  @Argument(help: "The folder.", completion: .directory) var folder = "."
  @Option(help: ArgumentHelp("Make this checkpoint of the folder the latest.", valueName: "name")) var set: String?
  @Flag(help: "Name what the folder holds: drop what is gone, make paths relative, find the latest.") var repair =
    false
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if set != nil && repair { throw ValidationError("--set and --repair exclude each other") }
  }

  func run() throws {
    let found = try StateFolder(folder)
    if let set {
      try found.setting(latest: set).write(to: folder)
    } else if repair {
      let repaired = try found.repaired()
      for change in repaired.changes { quiet.diagnostics.note(change) }
      try repaired.state.write(to: folder)
    } else {
      let report = try found.report()
      if json.json { try writeJSON(report) } else { try writeTable(report) }
      if report.contains(where: { $0.problem != nil }) { throw ExitStatus.no }
    }
  }

  private func writeTable(_ report: [StateFolder.Listing]) throws {
    var table = Table([.init("checkpoint", isFlexible: true), .init(""), .init("problem")])
    for item in report {
      table.append([item.path, item.isLatest ? "latest" : "", item.problem ?? ""])
    }
    try table.write()
  }

  private func writeJSON(_ report: [StateFolder.Listing]) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.array {
      for item in report {
        try json.object(inline: true) {
          try json.member("path", item.path)
          try json.member("latest", item.isLatest)
          try json.member("problem", item.problem)
        }
      }
    }
  }
}
