import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds merge`
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make one file of several models' predictions.",
    discussion: """
      Takes files of predictions of the same videos, or of ranked segments, and writes one, in the order of the first \
      file. Segments are merged by rank. A preset does what a published program does, to the last byte: \
      file_averaging, the 2017 winner's script; notebook-2019 and ensemble-2019, the 2019 9th place's notebook and \
      script for segments.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]
  @OptionGroup var weighting: WeightOptions
  @OptionGroup var rule: HowOption

  @Option(
    help: """
      What counts for a label that a file does not have: zero; mean, the mean of the files that have it; or rescale, \
      nothing, so that the weights of those files count as all. Default: zero.
      """)
  var missing: MergeOptions.MissingLabels?

  @Option(
    help: """
      Videos or classes of any file (union), of all (intersection), or of the first. Default: union.
      """)
  var rows: MergeOptions.Rows?

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "Keep the best so many labels of a video (default: 20) or segments of a class (default: 100000).",
      valueName: "k"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "How many significant digits scores get, or shortest for those that read back the same (default: 6).",
      valueName: "digits"))
  var precision: PrecisionOption?

  @Option(help: ArgumentHelp("What a published program does: file_averaging, notebook-2019 or ensemble-2019."))
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      """
      A file of ranked segments (sample_submission.csv) whose classes are written, in its order; those that no file \
      has get its lines.
      """, valueName: "path"), completion: .file())
  var template: String?

  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if let topK, topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
    guard let preset else { return }
    if rule.how != nil || rule.power != nil || missing != nil || precision != nil
      || (rule.w0 != nil && preset != .notebook)
    {
      throw ValidationError(
        "--preset \(preset.rawValue) decides by itself how scores are merged and written; it takes "
          + (preset == .notebook ? "--weights, --w0, --rows and --top-k" : "--weights, --rows and --top-k"))
    }
  }

  func run() throws {
    let named = NamedOutput(output.output, existing: output.existing, threads.workers)
    try named.check()
    let paths = try PredictionInputs.paths(files)
    let plan = try MergePlan(rule, missing: missing, topK: topK, preset: preset, weighting.resolve(paths))
    let inputs = try PredictionInputs(paths, threads.workers)
    plan.tell(quiet.diagnostics)
    switch inputs {
    case .videos(let files): try merge(files, try videoOptions(plan), named)
    case .segments(let files): try merge(files, try segmentOptions(paths, plan), named)
    }
  }

  private func videoOptions(_ plan: MergePlan) throws -> MergeOptions {
    if let preset = plan.preset, preset != .fileAveraging {
      throw ValidationError("--preset \(preset.rawValue) is for ranked segments")
    }
    if template != nil { throw ValidationError("--template is for ranked segments") }
    var options = plan.preset == .fileAveraging ? .fileAveraging : MergeOptions()
    if plan.preset == nil {
      options.rule = plan.rule.rule(plan.weights.parameters)
      options.missing = plan.missing ?? .zero
    }
    if let precision {
      if let preset = plan.preset {
        throw ValidationError("--precision: --preset \(preset.rawValue) decides by itself how scores are written")
      }
      options.format = precision.format
    }
    options.weights = plan.weights.weights
    options.rows = rows ?? .union
    options.topK = plan.topK ?? 20
    return options
  }

  private func segmentOptions(_ paths: [String], _ plan: MergePlan) throws -> SegmentMerge.Options {
    if missing != nil { throw ValidationError("--missing is for predictions of videos") }
    if precision != nil { throw ValidationError("--precision is for predictions of videos") }
    let weights = plan.weights
    var options: SegmentMerge.Options
    if let preset = plan.preset {
      let w0 = rule.w0 ?? weights.parameters["w0"] ?? SegmentMerge.publishedW0
      guard let given = try preset.segmentOptions(paths, weights: weights.weights, w0: w0) else {
        throw ValidationError("--preset \(preset.rawValue) is for predictions of videos")
      }
      options = given
    } else {
      options = SegmentMerge.Options(w0: try plan.rule.segmentW0(weights.parameters))
      options.weights = weights.weights
    }
    options.rows = rows ?? .union
    options.topK = plan.topK ?? 100_000
    return options
  }

  private func merge(_ files: [PredictionFile], _ options: MergeOptions, _ named: NamedOutput) throws {
    let merging = try PredictionMerge(files, options)
    let meter = progress.start("merging", quiet)
    defer { meter.finish() }
    let report = try named.write { sink in
      try merging.write(to: sink, threads.workers) { meter.report($0, $1) }
    }
    meter.finish()
    MergeNotes(quiet.diagnostics).tell(report, files.map(\.name))
  }

  private func merge(_ files: [SegmentFile], _ options: SegmentMerge.Options, _ named: NamedOutput) throws {
    let merging = try SegmentMerge(files, options)
    let template = try template.map { try SegmentFile($0) }
    let report = try named.write { sink in try merging.write(to: sink, template: template, threads.workers) }
    MergeNotes(quiet.diagnostics).tell(report, files.map(\.name), template: template?.name)
  }
}

extension MergeOptions.MissingLabels: ExpressibleByArgument {}
extension MergeOptions.Rows: ExpressibleByArgument {}
