import ArgumentParser
import Bytes
import Records
import Terminal

/// `fake-filter scan`
struct Scan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure each video's mean image; flag duplicates.",
    discussion: """
      Writes a CSV file with the columns vids and std: the population standard deviation of mean_rgb over its \
      numbers, which is that of the record or, at frame level, the mean over all frames. The field is empty for a \
      video without frames. Files are paths, quoted globs, comma-separated lists of them, @list for a file of names, \
      or - for standard input.
      """)

  @Argument(help: "The record files.", completion: .file()) var files: [String]

  @Flag(
    help: """
      Add the columns duplicate (exact: same features as an earlier video; near: similar mean image), of (that \
      video's id) and cosine. Takes 1.4 kB of memory a video.
      """)
  var duplicates = false

  @Option(
    help: ArgumentHelp(
      "The least cosine of near duplicates, 0.95 to 1 (default: 0.99); from 0.98 on fewer than one in 10000 is missed.",
      valueName: "cosine"))
  var similarity: Double?

  @OptionGroup var part: ShardOption
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard let similarity else { return }
    guard similarity >= 0.95, similarity <= 1 else {
      throw ValidationError("--similarity must be 0.95 to 1, not \(similarity)")
    }
    if !duplicates { throw ValidationError("--similarity goes with --duplicates") }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    var scan = FakeScan(try FileArguments.expand(files), threads.workers)
    scan.threshold = threshold.threshold
    scan.shard = part.shard
    let total = scan.files.reduce(0) { $0 + (FileStatus($1)?.size ?? 0) }
    let meter = progress.start("scanning", quiet)
    defer { meter.finish() }
    let summary = try named.write { sink in
      try duplicates
        ? scan.writeWithDuplicates(to: sink, similarity: similarity ?? 0.99) { meter.report($0, total) }
        : scan.write(to: sink) { meter.report($0, total) }
    }
    meter.finish()
    try report(summary)
  }

  private func report(_ summary: FakeScan.Summary) throws {
    var parts = [
      "\(counted(summary.videoCount, "video")), \(summary.fakeCount) with a std of at most \(threshold.threshold)"
    ]
    if summary.framelessCount > 0 { parts.append("\(summary.framelessCount) without frames") }
    if duplicates { parts.append("\(summary.exactCount) exact and \(summary.nearCount) near duplicates") }
    quiet.diagnostics.note(parts.joined(separator: ", "))
  }
}
