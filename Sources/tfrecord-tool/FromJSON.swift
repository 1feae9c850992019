import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool from-json`
struct FromJSON: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "from-json", abstract: "Make records of lines of JSON.",
    discussion: """
      The lines are those that cat writes, its --raw included. Every list is written packed and in one piece, keys \
      before values; features keep the order of the text, so that what a canonical writer wrote comes back byte for \
      byte. An output that ends in .gz is compressed.
      """)

  @Argument(help: "The files of lines, or - (the default).", completion: .file()) var files = ["-"]
  @Flag(help: "Order features by name, as deterministic writers do.") var sort = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let path = try output.requiredPath()
    if path == "-", StandardOutput.shared.isTerminal {
      throw KernelError(.usage, "", "records would garble the terminal", hint: "name a file with --output")
    }
    let files = try FileArguments.expand(files)
    let workers = threads.workers
    let writer =
      path == "-"
      ? RecordWriter(to: StandardOutput.shared)
      : try RecordWriter(path, existing: output.existing, workers: workers)
    let making = RecordImport(workers, sortsKeys: sort)
    for file in files { try making.run(file) { try writer.write(payload: $0) } }
    try writer.prepare()
    try writer.commit()
    quiet.diagnostics.detail("\(path): \(counted(writer.recordCount, "record"))")
  }
}
