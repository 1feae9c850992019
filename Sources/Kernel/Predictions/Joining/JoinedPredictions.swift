import Bytes

/// Several models' predictions of the same videos and the right labels, held so that a metric of their weighted merge is
/// told in a fraction of a second, again and again.
///
/// An evaluation of 9 models × 200,000 videos takes about 0.2 s on two cores. It allocates nothing once each thread that
/// evaluates has done so before (GAP only; the other metrics do). Sums are of float32, so that scores which differ by
/// less than 1e-6 or so may be taken for equal; equal scores keep the order of the labels and of the videos.
///
/// Memory: 4 bytes for each model and each label that any model gives a video, 13 for the label, 10 for each of the best
/// ``JoinOptions/topK`` of a video, and 26 for those in each evaluation at a time.
package struct JoinedPredictions: Sendable {
  private let table: JoinedTable
  private let truth: VideoTruth
  private let options: JoinOptions
  /// The videos that count, ascending.
  private let videos: [Int32]
  /// For each of ``videos`` how many labels are kept before it, and in the end of all.
  private let keptOffsets: [Int]
  private let positiveCount: Int
  private let workers: Workers
  private let workspaces = Pool { GapWorkspace() }

  /// Joins the rows of `files` of the videos that `truth` knows.
  ///
  /// - Throws: ``KernelError`` `.usage` when the options make no sense, `.badData` with the line of a row that cannot be
  ///   read or merged or has a label beyond ``ScoredVideos/classLimit``, or when no row of a file is of a video of the
  ///   truth.
  package init(
    _ files: [PredictionFile], _ truth: VideoTruth, _ options: JoinOptions, _ workers: Workers
  ) throws {
    guard !files.isEmpty else { throw KernelError(.usage, "", "there is nothing to merge") }
    guard files.count <= JoinedTable.modelLimit else {
      throw KernelError(.usage, "", "\(files.count) files, where \(JoinedTable.modelLimit) are the most")
    }
    try options.rule.check()
    let table = try JoinedTable(files, truth, options, workers)
    self.init(table, truth, options, Array(0..<Int32(clamping: table.videoCount)), workers)
  }

  private init(
    _ table: JoinedTable, _ truth: VideoTruth, _ options: JoinOptions, _ videos: [Int32], _ workers: Workers
  ) {
    self.table = table
    self.truth = truth
    self.options = options
    self.videos = videos
    self.workers = workers
    var offsets = [0]
    offsets.reserveCapacity(videos.count + 1)
    var end = 0
    for video in videos {
      end += min(options.topK, table.offsets[Int(video) + 1] - table.offsets[Int(video)])
      offsets.append(end)
    }
    keptOffsets = offsets
    positiveCount = videos.reduce(0) { $0 + Int(table.positiveCounts[Int($1)]) }
  }

  package var modelCount: Int { table.columns.count }
  /// Videos that count.
  package var count: Int { videos.count }
  /// The numbers that they have in the truth.
  package var truthNumbers: [Int] { videos.map { Int(table.truthNumbers[Int($0)]) } }

  /// The same with only the videos of which `isIn` says so, given their number in the truth; nothing is copied.
  package func filtered(_ isIn: (Int) -> Bool) -> JoinedPredictions {
    JoinedPredictions(table, truth, options, videos.filter { isIn(Int(table.truthNumbers[Int($0)])) }, workers)
  }

  /// For each model, how many videos of the truth it has no row of.
  package var lackingCounts: [Int] { table.rowCounts.map { table.videoCount - $0 } }

  /// The metric of the merge with these weights.
  ///
  /// - Parameters:
  ///   - weights: one for each model, none negative, not all 0; only their ratios matter.
  ///   - parameter: the P of `power` or the w0 of `place`, if it is not that of the options.
  package func evaluate(weights: [Double], parameter: Double? = nil) throws -> Double {
    precondition(weights.count == modelCount, "a weight for each model")
    let blend = Blend(table, options, weights: weights, parameter: parameter)
    guard options.metric == .gap else { return try metric(blend) }
    return try workspaces.with { workspace in
      try workspace.evaluate(
        blend, videos, keptOffsets, topK: options.topK, positiveCount: positiveCount, workers)
    }
  }

  /// Metrics that are not made for speed.
  private func metric(_ blend: Blend) throws -> Double {
    var scored = ScoredVideos()
    var sums: [Float] = []
    for video in videos {
      let range = table.offsets[Int(video)]..<table.offsets[Int(video) + 1]
      if sums.count < range.count { sums = Array(repeating: 0, count: 2 * range.count) }
      sums.withUnsafeMutableBufferPointer { blend.sum(range, into: $0) }
      let present = sums[..<range.count].indices.filter { sums[$0] != Blend.absent }
      truth.withLabels(Int(table.truthNumbers[Int(video)])) { truth in
        scored.append(
          labels: present.map { table.labels[range.lowerBound + $0] },
          scores: present.map { blend.score(sums[$0]) },
          truth: truth)
      }
    }
    let metrics = try VideoMetrics(scored, topK: options.topK, .order, workers)
    switch options.metric {
    case .gap: return metrics.globalAveragePrecision
    case .map: return metrics.meanAveragePrecision
    case .perr: return metrics.equalRecallPrecision
    case .hitAtOne: return metrics.hitAtOne
    }
  }
}
