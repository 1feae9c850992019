/// What happens where scores are equal.
package enum TieRule: Sendable, Equatable {
  /// What the reference's code does with batches of these many videos (specs: tm_google §5 and §12): numpy's selection
  /// among equal scores of a video, a heap and a shuffle among all, and means of float32 for each batch.
  case reference(batchEnds: [Int])
  /// Of a video's equal scores the smallest label comes first, of those of different videos the first video.
  case order

  /// The reference's rule with batches of 1024, its default.
  package static func reference(videoCount: Int, batchSize: Int = 1024) -> TieRule {
    let ends = stride(from: batchSize, to: videoCount, by: batchSize)
    return .reference(batchEnds: ends + [videoCount])
  }
}

/// The best predictions of a video, where equal scores need a rule.
struct BestPredictions {
  private let ties: TieRule
  private let classCount: Int
  private var ranked: [Float] = []
  /// A row with a score for each class, and the classes in numpy's order.
  private var dense: [Float] = []
  private var order: [Int32] = []

  init(_ ties: TieRule, classCount: Int) {
    self.ties = ties
    self.classCount = classCount
  }

  /// Calls `body` with the place of each of the `count` best predictions of `video`, or of all when there are fewer.
  mutating func forEach(_ count: Int, of videos: ScoredVideos, _ video: Int, _ body: (Int) -> Void) {
    let range = videos.range(video)
    guard range.count > count else { return range.forEach(body) }
    guard count > 0 else { return }
    ranked.removeAll(keepingCapacity: true)
    ranked.append(contentsOf: videos.scores[range])
    ranked.sort(by: >)
    let least = ranked[count - 1]
    guard ranked[count] == least else {
      for place in range where videos.scores[place] >= least { body(place) }
      return
    }
    if case .reference = ties { return selectLikeNumpy(count, of: videos, range, body) }
    for place in range where videos.scores[place] > least { body(place) }
    let equal = range.filter { videos.scores[$0] == least }.sorted { videos.labels[$0] < videos.labels[$1] }
    equal.prefix(count - ranked.prefix { $0 > least }.count).forEach(body)
  }

  /// The reference has a score for each class; classes without a prediction have 0.
  private mutating func selectLikeNumpy(
    _ count: Int, of videos: ScoredVideos, _ range: Range<Int>, _ body: (Int) -> Void
  ) {
    dense = Array(repeating: 0, count: classCount)
    order = Array(repeating: 0, count: classCount)
    for place in range { dense[Int(videos.labels[place])] = videos.scores[place] }
    dense.withUnsafeBufferPointer { dense in
      order.withUnsafeMutableBufferPointer { NumpySelection.selectLargest(count, of: dense, $0) }
    }
    let taken = Set(order.suffix(count))
    for place in range where taken.contains(videos.labels[place]) { body(place) }
  }
}
