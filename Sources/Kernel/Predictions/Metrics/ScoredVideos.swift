import Bytes

/// The predictions for each of many videos, and which of them are right: what video-level metrics need to know.
///
/// Memory: 9 bytes a prediction, 20 a video and 4 for each of its labels.
package struct ScoredVideos: Sendable {
  /// Where the predictions of each video begin, and where the last one's end.
  package private(set) var offsets: [Int] = [0]
  package private(set) var labels: [Int32] = []
  package private(set) var scores: [Float] = []
  /// Whether each prediction is right.
  package private(set) var hits: [Bool] = []
  /// How many right labels each video has, predicted or not.
  package private(set) var positiveCounts: [Int32] = []
  /// The right labels of all videos, one video after another.
  package private(set) var positives: [Int32] = []
  /// The number of each video in the truth, or where it was appended.
  package private(set) var truthNumbers: [Int] = []
  /// How many videos have each class.
  package private(set) var classPositives: [Int]
  /// Videos of the truth without a row, which count as videos without predictions and come last.
  package private(set) var missingCount = 0
  /// Rows of videos that the truth does not know, which do not count.
  package private(set) var extraCount = 0

  /// Labels must be below, so that tables by class stay small.
  package static let classLimit = 1 << 20

  package var count: Int { positiveCounts.count }
  /// Labels are below this number.
  package var classCount: Int { classPositives.count }

  /// No videos.
  ///
  /// - Parameter classCount: how many classes there are at least.
  package init(classCount: Int = 0) { classPositives = Array(repeating: 0, count: classCount) }

  /// Adds a video.
  ///
  /// - Parameters:
  ///   - pairs: labels and scores, no label twice, all labels below ``classLimit``.
  ///   - truth: its right labels, no label twice, all below ``classLimit``.
  ///   - number: its number in the truth; ``count`` when `nil`.
  package mutating func append(
    labels: some Collection<Int32>, scores: some Collection<Float>, truth: some Collection<Int32>,
    number: Int? = nil
  ) {
    truthNumbers.append(number ?? count)
    positives += truth
    for (label, score) in zip(labels, scores) {
      self.labels.append(label)
      self.scores.append(score)
      hits.append(truth.contains(label))
      demandClass(label)
    }
    offsets.append(self.labels.count)
    positiveCounts.append(Int32(clamping: truth.count))
    for label in truth {
      demandClass(label)
      classPositives[Int(label)] += 1
    }
  }

  private mutating func demandClass(_ label: Int32) {
    let missing = Int(label) + 1 - classPositives.count
    if missing > 0 { classPositives += Array(repeating: 0, count: missing) }
  }

  /// Adds the videos of `other` after these.
  package mutating func append(_ other: ScoredVideos) {
    let base = labels.count
    offsets += other.offsets.dropFirst().map { base + $0 }
    labels += other.labels
    scores += other.scores
    hits += other.hits
    positiveCounts += other.positiveCounts
    positives += other.positives
    truthNumbers += other.truthNumbers
    demandClass(Int32(clamping: other.classCount - 1))
    for (label, count) in other.classPositives.enumerated() { classPositives[label] += count }
    missingCount += other.missingCount
    extraCount += other.extraCount
  }

  /// Room for predictions that will be appended.
  mutating func reserve(_ predictionCount: Int, videos: Int) {
    offsets.reserveCapacity(videos + 1)
    positiveCounts.reserveCapacity(videos)
    labels.reserveCapacity(predictionCount)
    scores.reserveCapacity(predictionCount)
    hits.reserveCapacity(predictionCount)
  }

  /// The same videos with only the predictions at `places`, so many of each.
  func keeping(_ places: [Int], counts: [Int]) -> ScoredVideos {
    var kept = self
    kept.offsets = [0]
    for count in counts { kept.offsets.append(kept.offsets[kept.offsets.count - 1] + count) }
    kept.labels = places.map { labels[$0] }
    kept.scores = places.map { scores[$0] }
    kept.hits = places.map { hits[$0] }
    return kept
  }

  /// Where the predictions of a video are.
  package func range(_ video: Int) -> Range<Int> { offsets[video]..<offsets[video + 1] }
}

extension ScoredVideos {
  /// Judges the rows of `file` by `truth`, in the order of the file.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a row that is broken or has a label twice or beyond
  ///   ``classLimit``; when no row is of a video of the truth.
  package init(_ file: PredictionFile, _ truth: VideoTruth, classCount: Int = 0, _ workers: Workers) throws {
    let blockSize = 2048
    let batchSize = blockSize * 8 * workers.count
    var pieces: [Piece] = []
    for start in stride(from: 0, to: file.count, by: batchSize) {
      let end = min(start + batchSize, file.count)
      pieces += try workers.map((end - start + blockSize - 1) / blockSize) { block in
        let first = start + block * blockSize
        return try Piece(file, truth, first..<min(first + blockSize, end), classCount)
      }
      file.releaseRows(start..<end)
    }
    self.init(classCount: classCount)
    reserve(
      pieces.reduce(0) { $0 + $1.videos.labels.count }, videos: pieces.reduce(0) { $0 + $1.videos.count })
    var isSeen = [Bool](repeating: false, count: truth.count)
    for piece in pieces {
      append(piece.videos)
      for number in piece.videos.truthNumbers { isSeen[number] = true }
    }
    guard count > 0 else {
      throw KernelError(
        .badData, file.name, "no row is of a video of the ground truth", hint: "are these the right labels?")
    }
    for number in isSeen.indices where !isSeen[number] {
      truth.withLabels(number) { append(labels: [], scores: [], truth: $0, number: number) }
      missingCount += 1
    }
  }

  /// A block of rows of a file.
  private struct Piece: Sendable {
    var videos: ScoredVideos

    init(_ file: PredictionFile, _ truth: VideoTruth, _ rows: Range<Int>, _ classCount: Int) throws {
      videos = ScoredVideos(classCount: classCount)
      var pairs = PredictionPairs()
      var seen = RepeatedLabels()
      for row in rows {
        guard let number = file.withRow(row, { truth.number(of: $0.id) }) else {
          videos.extraCount += 1
          continue
        }
        try file.read(row, into: &pairs)
        let labels = pairs.labels.prefix(pairs.count)
        if let problem = ScoredVideos.problem(of: labels, &seen) {
          throw KernelError(.badData, file.name, at: file.place(of: row), problem)
        }
        truth.withLabels(number) { truth in
          videos.append(
            labels: labels, scores: pairs.scores.prefix(pairs.count).lazy.map { Float($0) }, truth: truth,
            number: number)
        }
      }
    }
  }
}

extension ScoredVideos {
  /// Why a row with these labels cannot be scored.
  private static func problem(of labels: ArraySlice<Int32>, _ seen: inout RepeatedLabels) -> String? {
    if let label = labels.first(where: { Int($0) >= classLimit }) {
      return "label \(label) exceeds \(classLimit - 1)"
    }
    return seen.find(in: labels).map { "label \($0) is there twice" }
  }
}
