import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool repair`
struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy what is whole of a damaged file; tell what is lost.",
    discussion: """
      After damage the reading goes on at the next place where a record can be believed to begin. A record of which \
      only the length is damaged is mended. Of compressed files all is saved up to the damage. Each loss is told with \
      its offset in the uncompressed records and its place in the result, on standard output (on standard error when \
      the records go there). Exits 0 when nothing was lost, 1 when something was; the result is complete in both \
      cases. With --json the losses are an object: of each its offset, its bytes, and the number of the record in \
      the result that it stands before.
      """)

  func validate() throws {
    if json.json, output.isStandardOutput {
      throw ValidationError("--json is for standard output, which the records go to: give --output")
    }
  }

  @Argument(help: "The damaged file.", completion: .file()) var input: String
  @OptionGroup var output: RecordOutput
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let writer = try output.writer(threads.workers)
    let meter = progress.start("repairing", quiet)
    defer { meter.finish() }
    let repair = try RecordRepair(input, into: writer, progress: meter.report)
    try writer.commit()
    try json.json ? write(repair) : tell(repair)
    if repair.hasLosses { throw ExitStatus.no }
  }

  private func tell(_ repair: RecordRepair) throws {
    let place = repair.path.printable
    for finding in repair.findings { try say("\(place): byte \(finding.offset): \(finding.description)") }
    if repair.hasLosses {
      try say("\(place): saved \(repair.recordCount) records, lost \(repair.lostByteCount) bytes")
    } else if !quiet.quiet {
      try say("\(place): saved \(repair.recordCount) records, nothing lost")
    }
  }

  private func write(_ repair: RecordRepair) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("file", repair.path)
      try json.member("saved", repair.recordCount)
      try json.member("lost_bytes", repair.lostByteCount)
      try json.array("findings") {
        for finding in repair.findings {
          try json.object(inline: true) {
            try json.member("byte", finding.offset)
            try json.member("bytes", finding.byteCount)
            try json.member("before", finding.precedingCount)
            try json.member("lost", finding.isLoss)
            try json.member("problem", finding.problem)
          }
        }
      }
    }
  }

  private func say(_ line: String) throws {
    if output.isStandardOutput { StandardError.shared.line(line) } else { try StandardOutput.shared.line(line) }
  }
}
