import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool verify`
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every checksum; tell the offset and number of each damaged record.",
    discussion: """
      Prints a line for each finding and goes on; exits 1 if there was any. A sound file gets an OK. With --shard the \
      contents of that part of the records are verified, and the lengths of all.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    var outcome: any Error = ExitStatus.no
    var isSound = false
    func verify(_ write: (RecordVerification) throws -> Void) throws {
      do { isSound = try verifyAll(write) } catch let error as KernelError where error.kind == .noInput {
        outcome = error
      }
    }
    if json.json {
      // The list is whole, whatever is found.
      let json = JSONWriter(StandardOutput.shared)
      try json.array { try verify { try write($0, to: json) } }
    } else {
      try verify(write)
    }
    guard isSound else { throw outcome }
  }

  /// - Returns: whether all files are sound.
  private func verifyAll(_ write: (RecordVerification) throws -> Void) throws -> Bool {
    let files = try inputs.expanded()
    let total = RecordInputs.size(of: files)
    let meter = progress.start("verifying", quiet)
    defer { meter.finish() }
    var done = 0
    var earlierCount = 0
    var isSound = true
    var failure: KernelError?
    for file in files {
      do {
        let result = try RecordVerification(
          file, threads.workers, shard: inputs.shard, earlierCount: earlierCount
        ) { meter.report(done + $0, total) }
        done += result.byteCount
        earlierCount += result.recordCount
        isSound = isSound && result.faults.isEmpty
        try write(result)
      } catch let error as KernelError where error.kind == .noInput {
        // The other files still get their answer.
        if let failure { quiet.diagnostics.error(failure) }
        failure = error
      }
    }
    if let failure { throw failure }
    return isSound
  }

  private func write(_ result: RecordVerification) throws {
    for fault in result.faults { try StandardOutput.shared.line(fault.description) }
    if let hint = result.faults.last?.hint { try StandardOutput.shared.line("hint: \(hint)") }
    guard result.faults.isEmpty, !quiet.quiet else { return }
    try StandardOutput.shared.line(
      "\(result.path.printable): OK, \(result.recordCount) records, \(result.byteCount) bytes"
        + (inputs.shard == nil ? "" : "; \(result.verifiedCount) verified"))
  }

  private func write(_ result: RecordVerification, to json: JSONWriter) throws {
    try json.object {
      try json.member("file", result.path)
      try json.member("sound", result.faults.isEmpty)
      try json.member("records", result.recordCount)
      try json.member("verified", result.verifiedCount)
      try json.member("bytes", result.byteCount)
      try json.array("faults") {
        for fault in result.faults {
          try json.object(inline: true) {
            if case .byte(let offset)? = fault.place { try json.member("byte", offset) }
            try json.member("problem", fault.problem)
          }
        }
      }
    }
  }
}
