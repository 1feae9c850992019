import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool rename`
struct Rename: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give tensors new names.",
    discussion: """
      Expressions are sed's s/pattern/replacement/ with POSIX extended patterns, \\1 to \\9 and &; \
      s/…/…/g replaces every match. They are applied in order. A TF2 object graph follows the names.
      """)

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(help: ArgumentHelp("s/pattern/replacement/[g]", valueName: "expression")) var expressions: [String] = []
  @Option(
    help: ArgumentHelp(
      "A file of lines 'old new', instead of expressions; - for standard input.", valueName: "file"),
    completion: .file()
  )
  var map: String?
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func validate() throws {
    guard expressions.isEmpty != (map == nil) else {
      throw ValidationError("say how to rename: with s/pattern/replacement/ or with --map FILE")
    }
  }

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    let renaming = try renaming()
    for name in renaming.unused(in: source) {
      writing.quiet.diagnostics.warning("\(name) is in the map but not in the checkpoint")
    }
    let plan = try renaming.plan(source)
    let changed = source.tensors.map(\.name).filter { renaming($0) != $0 }
    if changed.isEmpty { writing.quiet.diagnostics.warning("no name changes; the result is a copy") }
    if writing.dryRun.dryRun {
      for name in changed { try StandardOutput.shared.line("\(name) -> \(renaming(name))".printable) }
    }
    guard try writing.write(plan, to: result.output) else { return }
    writing.quiet.diagnostics.detail("renamed \(changed.count) of \(counted(source.tensors.count, "tensor"))")
  }

  private func renaming() throws -> Renaming {
    guard let map else { return try Renaming(substitutions: expressions) }
    return map == "-" ? try Renaming(map: standardInput(), path: "standard input") : try Renaming(mapFile: map)
  }
}
