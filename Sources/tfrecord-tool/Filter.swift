import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool filter`
struct Filter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the records that fulfil conditions, byte for byte.",
    discussion: """
      Of several conditions all must hold. --where takes tests joined by and, or, not and parentheses:

          frames >= 30 and labels contains 5 and not id ~ "^00"

      frames and label_count compare with <, <=, =, !=, >=, >; labels contains N; id = TEXT, id != TEXT, and id ~ \
      EXPRESSION (POSIX extended). frames are the steps of the list rgb, or else of the longest list.
      """)

  @OptionGroup var inputs: RecordInputs
  @OptionGroup var output: RecordOutput
  @Option(
    help: ArgumentHelp("Only ids that are lines of this file; - is standard input.", valueName: "path"),
    completion: .file())
  var ids: String?
  @Option(help: ArgumentHelp("Only records with at least one of these labels.", valueName: "1,2,5"))
  var labels: LabelList?
  @Option(help: ArgumentHelp("Only records with so many frames or more.", valueName: "n")) var minFrames: Int64?
  @Option(help: ArgumentHelp("Only records that fulfil this.", valueName: "condition")) var `where`: String?
  @Flag(help: "Write the other records instead.") var invert = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if ids == nil, labels == nil, minFrames == nil, `where` == nil {
      throw ValidationError("say which records: --ids, --labels, --min-frames or --where")
    }
    if ids == "-", inputs.files.contains("-") {
      throw ValidationError("standard input cannot be both the records and the ids")
    }
  }

  func run() throws {
    let ids = try ids.map { try ByteStringSet(linesOf: $0) }
    var conditions: [RecordCondition] = []
    if let `where` { conditions.append(try ConditionParser.parse(`where`)) }
    if let minFrames { conditions.append(.frames(.atLeast, minFrames)) }
    if let labels { conditions.append(.labels(labels.labels)) }
    if let ids { conditions.insert(.idIsAmong(ids), at: 0) }
    let condition = RecordCondition.all(conditions)

    let files = try inputs.expanded()
    let writer = try output.writer(threads.workers)
    let meter = progress.start("filtering", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    let filter = RecordFilter(invert ? .not(condition) : condition, threads.workers, shard: inputs.shard)
    let summary = try filter.run(files, into: writer) { meter.report($0, total) }
    try writer.commit()
    if let ids { warn(of: ids, without: summary.foundIDs) }
    quiet.diagnostics.detail("kept \(summary.keptCount) records, dropped \(summary.droppedCount)")
  }

  /// Ids that no record has are most likely a mistake.
  private func warn(of ids: ByteStringSet, without found: Set<Int>) {
    guard found.count < ids.count, inputs.shard == nil else { return }
    let example = (0..<ids.count).first { !found.contains($0) }.map {
      String(decoding: ids.string($0), as: UTF8.self)
    }
    quiet.diagnostics.warning(
      "\(ids.count - found.count) of the \(ids.count) ids are in no record, such as \(example ?? "")")
  }
}

/// Labels as `1,2,5`.
struct LabelList: ExpressibleByArgument {
  let labels: Set<Int64>

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int64($0) }
    let labels = numbers.compactMap { $0 }
    guard labels.count == numbers.count else { return nil }
    self.labels = Set(labels)
  }
}
