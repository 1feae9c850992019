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

extension SelectionOptions {
  /// Warns of globs that match no tensor of `sources`: most likely they are misspelt.
  func warnOfUnmatched(in sources: [any TensorSource], _ diagnostics: Diagnostics) {
    guard !(only + except).isEmpty else { return }
    for pattern in selection.unmatched(in: sources.lazy.flatMap(\.tensors).map(\.name.description)) {
      diagnostics.warning("no tensor matches \(pattern)")
    }
  }
}

/// Opens a checkpoint to read from, and says which under `--verbose`.
func openCheckpoint(_ path: String, _ quiet: QuietOptions) throws -> any TensorSource {
  let source = try openCheckpoint(path)
  quiet.diagnostics.detail(
    "reading \(source.path): \(counted(source.tensors.count, "tensor")), "
      + "\(counted(source.tensors.lazy.map(\.byteCount).saturatedSum, "byte"))")
  return source
}

/// All of standard input, for arguments that are `-`.
func standardInput() throws -> [UInt8] {
  let reader = try FileReader("-")
  let buffer = OwnedBuffer(byteCount: 1 << 16)
  var bytes: [UInt8] = []
  while case let count = try reader.read(into: buffer.bytes), count > 0 { bytes += buffer.bytes[..<count] }
  return bytes
}

/// `1 tensor`, `2 tensors`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
