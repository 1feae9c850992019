import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds tta`
struct Tta: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make one file of the runs of one model on shifted frames.",
    discussion: """
      Test-time augmentation: takes what inference wrote for --shift 0, 1, -1 and so on. Ranked segments are merged as \
      the 2019 9th place's combine_tta does it, to the last byte: each place i counts w0 / (i + w0), every run counts \
      the same, classes in the order of their numbers as text. Predictions of videos become the mean of the runs.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]

  @Option(
    help: ArgumentHelp("The w0 of places, for segments (default: \(SegmentMerge.publishedW0)).", valueName: "w0"))
  var w0: Double?

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "Keep the best so many labels of a video (default: 20) or segments of a class (default: 100000).",
      valueName: "k"))
  var topK: Int?

  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if let topK, topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    let notes = MergeNotes(quiet.diagnostics)
    switch try PredictionInputs(PredictionInputs.paths(files), threads.workers) {
    case .videos(let files):
      if w0 != nil { throw ValidationError("--w0 is for ranked segments") }
      var options = MergeOptions()
      options.topK = topK ?? options.topK
      let merging = try PredictionMerge(files, options)
      notes.tell(try named.write { try merging.write(to: $0, threads.workers) }, files.map(\.name))
    case .segments(let files):
      var options = SegmentMerge.Options(w0: w0 ?? SegmentMerge.publishedW0)
      options.classOrder = .text
      options.topK = topK ?? options.topK
      let merging = try SegmentMerge(files, options)
      notes.tell(try named.write { try merging.write(to: $0, threads.workers) }, files.map(\.name), template: nil)
    }
  }
}
