import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool head`
struct Head: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the first records, as cat does, and read no further.")

  @OptionGroup var inputs: RecordInputs
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
    var earlierCount = 0
    for file in try inputs.expanded() where left > 0 {
      let reader = try RecordReader(file, chunkSize: 256 << 10, isEager: true)
      while left > 0, let chunk = try reader.next() {
        var lines: [UInt8] = []
        try chunk.forEach(0..<chunk.count) { record in
          guard left > 0, inputs.shard?.contains(earlierCount + record.number) ?? true else { return }
          try record.check(in: reader.path)
          if try !text.append(record, of: reader.path, to: &lines) { rawCount += 1 }
          left -= 1
        }
        try StandardOutput.shared.write(lines)
      }
      earlierCount += reader.recordCount
    }
    RecordText.warn(rawCount, quiet.diagnostics)
  }
}
