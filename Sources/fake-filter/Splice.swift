import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `fake-filter splice`
struct Splice: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the predictions of the good videos and the rows of the artificial ones into one file.",
    discussion: """
      Writes the header once, then the good rows, then the others, or all in the order of a template. Refuses \
      different headers, and a video that is there twice. The letters -o, -f and -s are those of the published \
      script; -f is not --force here. Inputs may be gzipped; - is standard input. The output is gzipped if its name \
      ends in .gz (the script does it whatever the name).
      """)

  @Option(
    name: [.customShort("o"), .long], help: ArgumentHelp("The rows of the good videos.", valueName: "path"),
    completion: .file())
  var goodFile: String

  @Option(
    name: [.customShort("f"), .long], help: ArgumentHelp("The rows of the artificial ones.", valueName: "path"),
    completion: .file())
  var fakeFile: String

  @Option(
    name: [.customShort("s"), .long],
    help: ArgumentHelp("Where to write the submission; - is standard output.", valueName: "path"),
    completion: .file())
  var submitFile = "-"

  @Option(
    help: ArgumentHelp(
      "The videos of a submission in the order wanted (sample_submission.csv); rows of others are refused.",
      valueName: "path"), completion: .file())
  var template: String?

  @Option(
    help: """
      What becomes of videos of the template without a row: template, the default, which takes its row, drop, or \
      fail, which names them.
      """)
  var missing: Splicing.MissingRule?

  @Flag(help: "Replace an output that exists already.") var force = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard [goodFile, fakeFile, template].filter({ $0 == FileArguments.standardInput }).count <= 1 else {
      throw ValidationError("standard input can be only one of the inputs")
    }
    if missing != nil, template == nil { throw ValidationError("--missing goes with --template") }
  }

  func run() throws {
    let output = NamedOutput(submitFile, existing: force ? .replace : .refuse, threads.workers)
    try output.check()
    let splicing = try Splicing(good: PredictionFile(goodFile), fake: PredictionFile(fakeFile))
    let template = try template.map { try PredictionFile($0) }
    let report = try output.write { sink in
      guard let template else { return try splicing.write(to: sink) }
      return try splicing.write(orderedBy: template, missing: missing ?? .template, to: sink)
    }
    if !report.missing.isEmpty {
      let what = missing == .drop ? "left out" : "took the template's row for"
      quiet.diagnostics.warning("\(what) \(counted(report.missing.count, "video")): \(listed(report.missing))")
    }
    quiet.diagnostics.detail("\(report.goodCount) good rows, \(report.fakeCount) of artificial videos")
  }
}

extension Splicing.MissingRule: ExpressibleByArgument {}
