import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// Which tensors a subcommand that reads is about: globs after the checkpoint, `--only` and `--except`.
struct TensorChoice: ParsableArguments {
  @Argument(help: "Only tensors whose names match one of these globs, as 'tower/*/weights'.") var globs: [String] =
    []
  @OptionGroup var selection: SelectionOptions

  /// Positions of the chosen tensors in `source`, in its order.
  ///
  /// - Throws: the status 1 after a warning, as grep does, when a glob matches nothing.
  func indices(in source: any TensorSource, _ diagnostics: Diagnostics) throws -> [Int] {
    let globs = Selection(only: globs)
    let options = selection.selection
    let names = source.tensors.map(\.name.description)
    let unmatched = globs.unmatched(in: names) + options.unmatched(in: names)
    for pattern in unmatched { diagnostics.warning("\(source.path): no tensor matches \(pattern)") }
    let chosen = names.indices.filter { globs.contains(names[$0]) && options.contains(names[$0]) }
    guard chosen.isEmpty, !unmatched.isEmpty else { return chosen }
    throw ExitStatus.no
  }
}

/// `1 tensor`, `2 tensors`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
