import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds score`
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure predictions by the ground truth.",
    discussion: """
      Predictions of videos are measured by GAP@K, Hit@1, PERR and MAP, ranked segments by MAP@K, as the evaluation \
      programs of the challenge do it. Videos of the ground truth without a row count as videos without predictions; \
      rows of other videos do not count. MAP is the mean over the classes that some video has, or over all --classes.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      The ground truth: what tfrecord-tool labels writes (for segments labels --segments, or a label cache), or the \
      record files themselves; may be a quoted glob, and be repeated.
      """, valueName: "files"), completion: .file())
  var labels: [String]

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      """
      How many predictions of a video count in GAP and MAP (default: 20), or how many segments of a class (default: \
      100000); 0 is all.
      """, valueName: "k"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      """
      How many classes there are: MAP is the mean over all of them, where those that no video has count as 0, as in \
      2018. Without it, it is the mean over those that some video has, as in 2019.
      """, valueName: "n"))
  var classes: Int?

  @Option(
    help: """
      What decides among equal scores: reference, the heap and the shuffle of the evaluation programs with batches of \
      1024 videos, or order, the order of the file and the smaller label.
      """)
  var ties = Ties.reference

  @Flag(
    help: """
      Evaluate segments exactly as published: without the last segment of each line, and without the classes that the \
      file does not have.
      """)
  var published = false

  @Flag(help: "Tell the average precision of each class.") var perClass = false

  @Option(
    help: ArgumentHelp(
      "Tell 95 % intervals from so many resamples of the videos, each with all its segments.", valueName: "n"))
  var bootstrap: Int?

  @Flag(
    help: """
      Tell how much better each other file is than the first, by resamples of the same videos (1000 unless \
      --bootstrap says how many).
      """)
  var compare = false

  @Option(help: ArgumentHelp("The seed of the resamples.", valueName: "number")) var seed: UInt64 = 0
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  enum Ties: String, CaseIterable, ExpressibleByArgument { case reference, order }

  func validate() throws {
    guard (files + labels).filter({ $0 == FileArguments.standardInput }).count <= 1 else {
      throw ValidationError("standard input can be only one of the inputs")
    }
    if let classes, !(1...ScoredVideos.classLimit).contains(classes) {
      throw ValidationError("--classes must be 1 to \(ScoredVideos.classLimit), not \(classes)")
    }
    if let topK, topK < 0 { throw ValidationError("--top-k must be 0 or more, not \(topK)") }
    if let bootstrap, !(1...Score.resampleLimit).contains(bootstrap) {
      throw ValidationError("--bootstrap must be 1 to \(Score.resampleLimit), not \(bootstrap)")
    }
    if compare, files.count < 2 { throw ValidationError("--compare needs two files or more") }
  }

  func run() throws {
    let inputs = try FileArguments.expand(files).map { path in
      try WholeInput(path, spoolingBeyond: WholeInput.spoolSize)
    }
    let areSegments = try PredictionInputs.areSegments(inputs, threads.workers)
    if published, !areSegments { throw ValidationError("--published is for predictions of segments") }
    if classes != nil, areSegments { throw ValidationError("--classes is for predictions of videos") }
    let labels = try FileArguments.expand(labels)
    let scores = try areSegments ? segmentScores(inputs, labels) : videoScores(inputs, labels)
    try ScoreReport(scores, perClass: perClass, compare: compare).write(asJSON: json.json)
  }

  private static let resampleLimit = 1_000_000

  private var resampleCount: Int { bootstrap ?? (compare ? 1000 : 0) }

  private func videoScores(_ inputs: [WholeInput], _ labels: [String]) throws -> [FileScore] {
    let workers = threads.workers
    // Before the truth, so that what is wrong with the file is not blamed on that.
    let first = try PredictionFile(anyFormat: inputs[0], workers)
    let truth = try VideoTruth(labels, workers)
    if let classes, let label = truth.allLabels.first(where: { $0 >= classes }) {
      throw KernelError(.badData, labels[0], "it has label \(label), but there are to be \(classes) classes")
    }
    let classCount = classes ?? FileScore.usualClassCount
    let topK = self.topK.map { $0 == 0 ? Int.max : $0 } ?? 20
    return try inputs.enumerated().map { number, input in
      let file = number == 0 ? first : try PredictionFile(anyFormat: input, workers)
      let videos = try ScoredVideos(file, truth, classCount: classCount, workers)
      tell(videos, of: file)
      let metrics = try VideoMetrics(
        videos, topK: topK, ties == .order ? .order : .reference(videoCount: videos.count), workers)
      let samples =
        try resampleCount == 0
        ? []
        : VideoBootstrap(videos, topK: topK, meanOver: classes, workers)
          .samples(resampleCount, seed: seed, workers)
      let mean = metrics.meanAveragePrecision(over: classes ?? metrics.classes.count)
      return FileScore(file.name, metrics, mean: mean, samples, topK: topK)
    }
  }

  private func tell(_ videos: ScoredVideos, of file: PredictionFile) {
    if videos.missingCount > 0 {
      quiet.diagnostics.warning(
        "\(file.name): no row for \(counted(videos.missingCount, "video")) of the ground truth, which count as wrong"
      )
    }
    if videos.extraCount > 0 {
      quiet.diagnostics.note(
        "\(file.name): \(counted(videos.extraCount, "row")) of videos that the ground truth does not have")
    }
  }

  private func segmentScores(_ inputs: [WholeInput], _ labels: [String]) throws -> [FileScore] {
    let workers = threads.workers
    let first = try SegmentFile(inputs[0], takesLast: published)
    let truth = try SegmentTruth(labels, workers)
    let topK = self.topK ?? 100_000
    return try inputs.enumerated().map { number, input in
      let file = number == 0 ? first : try SegmentFile(input, takesLast: published)
      let metrics = try SegmentMetrics(
        file, truth, topK: topK == 0 ? nil : topK, rule: published ? .published : .complete, workers)
      guard metrics.ratedCount > 0 else {
        throw KernelError(
          .badData, file.name, "no segment is rated in the ground truth", hint: "are these the right labels?")
      }
      if !published, !metrics.missingClasses.isEmpty {
        quiet.diagnostics.warning(
          "\(file.name): no line for \(metrics.missingClasses.count) of the classes that segments have, which count as 0"
        )
      }
      let samples =
        try resampleCount == 0
        ? []
        : SegmentBootstrap(
          file, truth, topK: topK == 0 ? nil : topK, rule: published ? .published : .complete, workers
        ).samples(resampleCount, seed: seed, workers)
      return FileScore(file.name, metrics, samples, topK: topK)
    }
  }
}
