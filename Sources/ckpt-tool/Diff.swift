import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool diff`
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two checkpoints, whatever their containers; exit 1 if they differ.",
    discussion: """
      Lists tensors that were added (+), removed (-) or changed (~). Floating and complex values a and b are equal \
      if |a - b| <= atol + rtol * |b|, and NaN equals NaN; everything else must be the same.
      """)

  @Argument(help: "The first checkpoint.", completion: .file()) var first: String
  @Argument(help: "The second checkpoint.", completion: .file()) var second: String
  @Option(help: ArgumentHelp("Absolute tolerance.", valueName: "x")) var atol = 0.0
  @Option(help: ArgumentHelp("Tolerance relative to the second's values.", valueName: "x")) var rtol = 0.0
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard atol >= 0, rtol >= 0 else { throw ValidationError("a tolerance is a number that is not negative") }
  }

  func run() throws {
    let a = try openCheckpoint(first, quiet)
    let b = try openCheckpoint(second, quiet)
    self.selection.warnOfUnmatched(in: [a, b], quiet.diagnostics)
    let meter = progress.start("comparing", quiet)
    defer { meter.finish() }
    let selection = self.selection.selection
    guard
      a.tensors.isEmpty && b.tensors.isEmpty
        || [a, b].contains(where: { $0.tensors.contains { selection.contains($0.name.description) } })
    else { throw KernelError(.usage, "", "there is nothing to compare: no tensor is chosen") }
    let difference = try CheckpointDifference(
      from: a, to: b, tolerance: Tolerance(absolute: atol, relative: rtol), workers: threads.workers,
      includes: { selection.contains($0.description) }, progress: meter.report)
    if json.json {
      try writeJSON(difference, a.path, b.path)
    } else if !quiet.quiet, !difference.isEmpty {
      try writeText(difference)
    }
    if !difference.isEmpty { throw ExitStatus.no }
  }

  private func writeText(_ difference: CheckpointDifference) throws {
    var table = Table([.init(""), .init("", isFlexible: true), .init("")])
    var lines = difference.removed.map { ($0.name, ["-", $0.name.description, Diff.type($0)]) }
    lines += difference.added.map { ($0.name, ["+", $0.name.description, Diff.type($0)]) }
    lines += difference.changed.map { ($0.first.name, ["~", $0.first.name.description, Diff.words($0)]) }
    for (_, row) in lines.sorted(by: { $0.0 < $1.0 }) { table.append(row) }
    try table.write()
    try StandardOutput.shared.line(
      "\(difference.removed.count) removed, \(difference.added.count) added, \(difference.changed.count) changed, "
        + "\(difference.equalCount) equal")
  }

  private static func type(_ info: TensorInfo) -> String { "\(info.dtype.name) \(info.shape)" }

  private static func words(_ change: TensorDifference) -> String {
    let (a, b) = (type(change.first), type(change.second))
    var words = [a == b ? a : "\(a) -> \(b)"]
    guard let values = change.values else { return words[0] + (a == b ? ", different" : "") }
    words.append("\(values.differingCount) of \(change.first.shape.elementCount) differ")
    if let value = values.maxAbsolute { words.append("max abs \(rounded(value))") }
    if let value = values.maxRelative { words.append("max rel \(rounded(value))") }
    if let value = values.cosine { words.append("cosine \(value)") }
    return words.joined(separator: ", ")
  }

  private func writeJSON(_ difference: CheckpointDifference, _ a: String, _ b: String) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.array("paths", inline: true) {
        try json.value(a)
        try json.value(b)
      }
      try json.member("equal", difference.equalCount)
      try json.array("removed") { for info in difference.removed { try write(info, json) } }
      try json.array("added") { for info in difference.added { try write(info, json) } }
      try json.array("changed") {
        for change in difference.changed {
          try json.object(inline: true) {
            try json.member("name", change.first.name.description)
            try json.array("dtypes") {
              for info in [change.first, change.second] { try json.value(info.dtype.name) }
            }
            try json.array("shapes") {
              for info in [change.first, change.second] {
                try json.array { for size in info.shape.dimensions { try json.value(size) } }
              }
            }
            try json.member("differing", change.values?.differingCount)
            try json.member("max_abs", change.values?.maxAbsolute)
            try json.member("max_rel", change.values?.maxRelative)
            try json.member("cosine", change.values?.cosine)
          }
        }
      }
    }
  }

  private func write(_ info: TensorInfo, _ json: JSONWriter) throws {
    try json.object(inline: true) {
      try json.member("name", info.name.description)
      try json.member("dtype", info.dtype.name)
      try json.member("shape", info.shape.dimensions)
    }
  }
}
