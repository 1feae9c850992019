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

  @Argument(help: "The folder, or the state file in it.", completion: .directory) var folder = "."
  @Option(help: ArgumentHelp("Make this checkpoint of the folder the latest.", valueName: "name")) var set: String?
  @Flag(help: "Name what the folder holds: drop what is gone, make paths relative, find the latest.") var repair =
    false
  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if set != nil && repair { throw ValidationError("--set and --repair exclude each other") }
    if json.json && (set != nil || repair) { throw ValidationError("--json is for showing the state only") }
    if dryRun.dryRun && set == nil && !repair {
      throw ValidationError("--dry-run is for --set and --repair; showing the state writes nothing")
    }
  }

  func run() throws {
    let found = try StateFolder(folder)
    if let set {
      try write(try found.setting(latest: set), to: found.folder)
    } else if repair {
      let repaired = try found.repaired()
      try write(repaired.state, to: found.folder)
      for change in repaired.changes { quiet.diagnostics.note(change) }
    } else {
      let report = try found.report()
      if json.json { try writeJSON(report) } else { try writeTable(report) }
      if report.contains(where: { $0.problem != nil }) { throw ExitStatus.no }
    }
  }

  private func write(_ state: CheckpointState, to folder: String) throws {
    guard dryRun.dryRun else { return try state.write(to: folder) }
    try StandardOutput.shared.write(state.text)
    try StandardOutput.shared.line("would write \(Path.join(folder, CheckpointState.fileName).printable)")
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
