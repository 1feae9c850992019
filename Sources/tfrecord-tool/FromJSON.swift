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
      byte.
      """)

  @Argument(help: "The files of lines, or - (the default).", completion: .file()) var files = ["-"]
  @Flag(help: "Order features by name, as deterministic writers do.") var sort = false
  @OptionGroup var part: ShardOption
  @OptionGroup var output: RecordOutput
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try FileArguments.expand(files)
    let writer = try output.writer(threads.workers)
    let making = RecordImport(threads.workers, sortsKeys: sort)
    var number = 0
    for file in files {
      try making.run(file) { payload in
        if part.shard?.contains(number) ?? true { try writer.write(payload: payload) }
        number += 1
      }
    }
    try writer.prepare()
    try writer.commit()
    quiet.diagnostics.detail("wrote \(counted(writer.recordCount, "record"))")
  }
}
