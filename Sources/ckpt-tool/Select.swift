import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool drop`
struct Drop: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Copy a checkpoint without some of its tensors.")

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(help: ArgumentHelp("Tensors to leave out, as globs.", valueName: "glob")) var globs: [String] = []
  @Flag(
    name: [.customLong("slots"), .customLong("optimizer")],
    help: "Leave out the optimizer's state (slots and powers).")
  var slots = false
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func validate() throws {
    if globs.isEmpty && !slots { throw ValidationError("say what to drop: globs, --slots, or both") }
  }

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    let names = Set(source.tensors.map(\.name))
    let patterns = globs.map { Glob($0) }
    for pattern in patterns where !names.contains(where: { pattern.matches($0.utf8) }) {
      writing.quiet.diagnostics.warning("no tensor matches \(pattern.pattern)")
    }
    if slots, !names.contains(where: { TensorRole(of: $0, among: names) == .optimizer }) {
      writing.quiet.diagnostics.warning("there is no optimizer's state to leave out")
    }
    let plan = try OutputPlan(of: source) { info in
      !patterns.contains { $0.matches(info.name.utf8) }
        && !(slots && TensorRole(of: info.name, among: names) == .optimizer)
    }
    try writing.write(plan, to: result.output)
  }
}

/// `ckpt-tool keep`
struct Keep: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Copy some of a checkpoint's tensors.")

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Argument(help: ArgumentHelp("Tensors to keep, as globs.", valueName: "glob")) var globs: [String]
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    let patterns = globs.map { Glob($0) }
    for pattern in patterns where !source.tensors.contains(where: { pattern.matches($0.name.utf8) }) {
      writing.quiet.diagnostics.warning("no tensor matches \(pattern.pattern)")
    }
    let plan = try OutputPlan(of: source) { info in patterns.contains { $0.matches(info.name.utf8) } }
    try writing.write(plan, to: result.output)
  }
}
