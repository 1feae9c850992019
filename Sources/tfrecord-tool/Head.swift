import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool head`
struct Head: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the first records, as cat does, and read no further.")

  @Argument(help: "The files.", completion: .file()) var files: [String]
  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many, over all the files.", valueName: "n"))
  var records = 10
  @OptionGroup var text: RecordText
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if records < 0 { throw ValidationError("--records must be 0 or more, not \(records)") }
  }

  func run() throws {
    var left = records
    var rawCount = 0
    for file in try FileArguments.expand(files) where left > 0 {
      let reader = try RecordReader(file, chunkSize: 256 << 10, isEager: true)
      while left > 0, let chunk = try reader.next() {
        var lines: [UInt8] = []
        let taken = min(left, chunk.count)
        try chunk.forEach(0..<taken) { record in
          try record.check(in: reader.path)
          if try !text.append(record, of: reader.path, to: &lines) { rawCount += 1 }
        }
        left -= taken
        try StandardOutput.shared.write(lines)
      }
    }
    RecordText.warn(rawCount, quiet.diagnostics)
  }
}
