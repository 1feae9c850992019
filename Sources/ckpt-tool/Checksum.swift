import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool checksum`
struct Checksum: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print one SHA-256 of all tensors, whatever their order and container.",
    discussion: """
      The digest covers names, types, shapes and values, but not order, data files, slices or container: it stays \
      the same exactly when a conversion lost nothing. docs/formats.md defines it.
      """)

  @Argument(help: "The checkpoints.", completion: .file()) var checkpoints: [String]
  @Flag(help: "Print the SHA-256 of each tensor's values instead.") var tensors = false
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if tensors && checkpoints.count > 1 { throw ValidationError("--tensors takes one checkpoint only") }
  }

  func run() throws {
    let sources = try CheckpointSeries.named(checkpoints).map { ($0, try openCheckpoint($0, quiet)) }
    selection.warnOfUnmatched(in: sources.map(\.1), quiet.diagnostics)
    guard json.json else { return try digestAll(sources, write) }
    let json = JSONWriter(StandardOutput.shared)
    try json.array {
      try digestAll(sources) { digest, name in
        try json.object(inline: true) {
          try json.member(tensors ? "name" : "path", name)
          try json.member("sha256", TensorDigest.text(digest))
        }
      }
    }
  }

  private func digestAll(
    _ sources: [(path: String, source: any TensorSource)], _ write: ([UInt8], String) throws -> Void
  ) throws {
    let selection = selection.selection
    for (path, source) in sources {
      let indices = source.tensors.indices.filter { selection.contains(source.tensors[$0].name.description) }
      guard !indices.isEmpty || source.tensors.isEmpty else {
        throw KernelError(.usage, source.path, "no tensor is chosen")
      }
      let meter = progress.start("reading \(Path.name(of: path))", quiet)
      defer { meter.finish() }
      let digests = try source.digests(of: indices, workers: threads.workers, progress: meter.report)
      if tensors {
        for digest in digests { try write(digest.values, digest.info.name.description) }
      } else {
        try write(try TensorDigest.total(digests), path)
      }
    }
  }

  private func write(_ digest: [UInt8], _ name: String) throws {
    try StandardOutput.shared.line("\(TensorDigest.text(digest))  \(name.printable)")
  }
}
