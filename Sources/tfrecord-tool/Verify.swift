import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool verify`
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every checksum; tell the offset and number of each damaged record.",
    discussion: "Prints a line for each finding and goes on; exits 1 if there was any. A sound file gets an OK.")

  @Argument(help: "The files.", completion: .file()) var files: [String]
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try FileArguments.expand(files)
    let total = files.reduce(0) { $0 + (FileStatus($1)?.size ?? 0) }
    let meter = progress.start("verifying", quiet)
    defer { meter.finish() }
    var done = 0
    var isDamaged = false
    for file in files {
      let result = try RecordVerification(file, threads.workers) { meter.report(done + $0, total) }
      done += result.byteCount
      isDamaged = isDamaged || !result.faults.isEmpty
      for fault in result.faults { try StandardOutput.shared.line(fault.description) }
      if let hint = result.faults.last?.hint { try StandardOutput.shared.line("hint: \(hint)") }
      if result.faults.isEmpty, !quiet.quiet {
        try StandardOutput.shared.line(
          "\(result.path.printable): OK, \(result.recordCount) records, \(result.byteCount) bytes")
      }
    }
    if isDamaged { throw ExitStatus.no }
  }
}
