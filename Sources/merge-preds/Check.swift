import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find everything that a leaderboard would refuse.",
    discussion: """
      Prints a line for each finding and goes on; exits 1 if there was any. A sound file gets an OK. Of videos it looks \
      for wrong headers, missing, unknown and repeated ids, broken pairs, labels out of range or repeated, scores that \
      are no probabilities or not sorted, and rows that are too long; of ranked segments for the same of classes and \
      segments. A last line without a line feed is a warning: its last number may have been cut.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]

  @Option(
    help: ArgumentHelp(
      "A file with all the rows that are wanted and their header (sample_submission.csv).", valueName: "path"),
    completion: .file())
  var template: String?

  @Option(help: ArgumentHelp("How many classes there are: labels are below.", valueName: "n")) var classes = 3862

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "The most predictions of a video (default: 20) or segments of a class (default: 100000).", valueName: "k"))
  var topK: Int?

  @Option(help: ArgumentHelp("The most bytes of the file as it is, compressed or not.", valueName: "size"))
  var maxSize: ByteSize?

  @Option(help: ArgumentHelp("The most findings to print of each file; 0 is all.", valueName: "n")) var limit = 100
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard (files + [template ?? ""]).filter({ $0 == FileArguments.standardInput }).count <= 1 else {
      throw ValidationError("standard input can be only one of the inputs")
    }
    if classes < 1 { throw ValidationError("--classes must be 1 or more, not \(classes)") }
    if let topK, topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
    if limit < 0 { throw ValidationError("--limit must be 0 or more, not \(limit)") }
  }

  func run() throws {
    let template = try template.map { try WholeInput($0, spoolingBeyond: WholeInput.spoolSize) }
    var limits = SubmissionCheck.Limits()
    limits.classCount = classes
    if let topK { (limits.pairCount, limits.segmentCount) = (topK, topK) }
    var isSound = true
    let json = JSONWriter(StandardOutput.shared)
    func checkAll(_ write: (SubmissionCheck, [KernelError]) throws -> Void) throws {
      for path in try FileArguments.expand(files) {
        let input = try WholeInput(path, spoolingBeyond: WholeInput.spoolSize)
        let check = try SubmissionCheck(input, template: template, limits)
        let findings = sizeFindings(path) + check.findings
        isSound = isSound && findings.isEmpty
        if !check.endsInLineFeed {
          quiet.diagnostics.warning(
            "\(check.file): the last line does not end in a line feed", hint: "the file may have been cut")
        }
        try write(check, findings)
      }
    }
    if self.json.json {
      try json.array { try checkAll { try write($0, $1, to: json) } }
    } else {
      try checkAll(write)
    }
    if !isSound { throw ExitStatus.no }
  }

  private func sizeFindings(_ path: String) -> [KernelError] {
    guard let maxSize, let size = FileStatus(path)?.size, size > maxSize.bytes else { return [] }
    return [KernelError(.badData, path, "has \(size) bytes, more than \(maxSize.bytes)")]
  }

  private func write(_ check: SubmissionCheck, _ findings: [KernelError]) throws {
    for finding in findings.prefix(limit == 0 ? .max : limit) {
      try StandardOutput.shared.line(finding.description)
    }
    if limit > 0, findings.count > limit {
      try StandardOutput.shared.line("\(check.file.printable): and \(findings.count - limit) more")
    }
    guard findings.isEmpty, !quiet.quiet else { return }
    try StandardOutput.shared.line("\(check.file.printable): OK, \(counted(check.rowCount, "row"))")
  }

  private func write(_ check: SubmissionCheck, _ findings: [KernelError], to json: JSONWriter) throws {
    try json.object {
      try json.member("file", check.file)
      try json.member("rows", check.rowCount)
      try json.member("sound", findings.isEmpty)
      try json.member("ends_in_line_feed", check.endsInLineFeed)
      try json.member("count", findings.count)
      try json.array("findings") {
        for finding in findings.prefix(limit == 0 ? .max : limit) {
          try json.object(inline: true) {
            if case .line(let number)? = finding.place { try json.member("line", number) }
            try json.member("problem", finding.problem)
          }
        }
      }
    }
  }
}
