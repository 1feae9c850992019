import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool index`
struct Index: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write where each record is, as NVIDIA DALI's tfrecord2idx does.",
    discussion: """
      A line for each record: the offset of its frame and the frame's length, header and footer included. The index of \
      FILE is FILE.idx, where get finds it, unless --output says otherwise. Compressed files have no index.
      """)

  @Argument(help: "The files.", completion: .file()) var files: [String]
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try FileArguments.expand(files)
    if let path = output.output {
      guard files.count == 1 else {
        throw KernelError(.usage, "", "--output names one index but there are \(files.count) files")
      }
      let index = try RecordIndex(scanning: files[0])
      if path == "-" { return try StandardOutput.shared.write(index.text) }
      return try AtomicFile.write(index.text, to: path, existing: output.existing)
    }
    if files.contains(FileArguments.standardInput) {
      throw KernelError(.usage, "", "standard input has no name to put an index beside", hint: "use --output")
    }
    let existing = output.existing
    for file in files { try AtomicFile.checkTarget(RecordIndex.path(of: file), existing: existing) }
    let counts = try threads.workers.map(files.count) { number in
      let index = try RecordIndex(scanning: files[number])
      try AtomicFile.write(index.text, to: RecordIndex.path(of: files[number]), existing: existing)
      return index.entries.count
    }
    for (file, count) in zip(files, counts) {
      quiet.diagnostics.detail("\(RecordIndex.path(of: file)): \(counted(count, "record"))")
    }
  }
}
