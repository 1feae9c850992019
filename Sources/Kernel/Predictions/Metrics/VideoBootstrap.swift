import Bytes
import Records

/// What metrics would have been on other samples of the same sort of videos: each resample draws as many videos as there
/// are, with replacement (Efron 1979).
///
/// Resample `i` of a seed draws the same videos of a truth for every file that is judged by it, so that resamples of two
/// files can be compared pair by pair. Equal scores keep their order. Memory: 32 bytes a prediction while it is
/// made, then 8, and 4 bytes a video for each thread.
package struct VideoBootstrap: Sendable {
  /// The metrics of one resample.
  package struct Sample: Sendable, Equatable {
    package var globalAveragePrecision = 0.0
    package var hitAtOne = 0.0
    package var equalRecallPrecision = 0.0
    package var meanAveragePrecision = 0.0
  }

  /// A prediction in the order of the scores: twice its video's number in the truth, plus one for a hit.
  private typealias Ranked = UInt32

  private let videoCount: Int
  private let meanClassCount: Int?
  /// All predictions, the best first.
  private let ranked: [Ranked]
  /// The same class by class.
  private let classRanked: [Ranked]
  private let classOffsets: [Int]
  /// By number in the truth.
  private var isHit: [Bool]
  private var precisions: [Double]
  private var positiveCounts: [Int]
  /// The labels of all videos, and whose they are.
  private let positives: [Int32]
  private var owners: [Int32] = []

  /// - Parameters:
  ///   - topK: how many predictions of each video count in average precisions.
  ///   - classCount: how many classes mean average precision is the mean of; those that some video of the resample has
  ///     when `nil`.
  package init(
    _ videos: ScoredVideos, topK: Int = 20, meanOver classCount: Int? = nil, _ workers: Workers
  ) throws {
    videoCount = videos.count
    meanClassCount = classCount
    guard videos.count < 1 << 31, videos.labels.count < 1 << 32 else {
      throw KernelError(.badData, "", "too many predictions to resample")
    }
    isHit = Array(repeating: false, count: videos.count)
    precisions = Array(repeating: 0, count: videos.count)
    positiveCounts = Array(repeating: 0, count: videos.count)
    positives = videos.positives
    var best = BestPredictions(.order, classCount: videos.classCount)
    for (video, number) in videos.truthNumbers.enumerated() {
      isHit[number] = RowMeans.isHitAtOne(videos, video)
      precisions[number] = RowMeans.equalRecallPrecision(videos, video, &best)
      positiveCounts[number] = Int(videos.positiveCounts[video])
      owners += repeatElement(Int32(clamping: number), count: positiveCounts[number])
    }
    let kept = try videos.best(topK, .order, workers)
    var owner: [UInt32] = []
    for (video, number) in kept.truthNumbers.enumerated() {
      owner += repeatElement(UInt32(clamping: number), count: kept.range(video).count)
    }
    // Descending scores above, ascending places below.
    var keys = kept.scores.enumerated().map { place, score in
      UInt64(~AveragePrecision.ascending(score)) << 32 | UInt64(place)
    }
    keys.sort()
    let places = keys.map { Int($0 & 0xffff_ffff) }
    var next = Array(repeating: 0, count: kept.classCount + 1)
    for label in kept.labels { next[Int(label) + 1] += 1 }
    for label in 0..<kept.classCount { next[label + 1] += next[label] }
    classOffsets = next
    var classRanked = [Ranked](repeating: 0, count: places.count)
    ranked = places.map { place in
      let prediction = owner[place] << 1 | (kept.hits[place] ? 1 : 0)
      let label = Int(kept.labels[place])
      classRanked[next[label]] = prediction
      next[label] += 1
      return prediction
    }
    self.classRanked = classRanked
  }

  /// The metrics of `count` resamples.
  package func samples(_ count: Int, seed: UInt64, _ workers: Workers) throws -> [Sample] {
    try workers.map(count) { sample(VideoBootstrap.draw(videoCount, seed: seed, sample: $0)) }
  }

  /// How often each of `count` videos is in a resample.
  static func draw(_ count: Int, seed: UInt64, sample: Int) -> [UInt32] {
    var noise = SplitMix64(seed: seed, domain: 0x626f_6f74, index: UInt64(sample))
    var weights = [UInt32](repeating: 0, count: count)
    for _ in 0..<count { weights[noise.next(below: count)] += 1 }
    return weights
  }

  private func sample(_ weights: [UInt32]) -> Sample {
    var sample = Sample()
    var positiveCount = 0
    for video in 0..<videoCount where weights[video] > 0 {
      let weight = Double(weights[video])
      sample.hitAtOne += isHit[video] ? weight : 0
      sample.equalRecallPrecision += weight * precisions[video]
      positiveCount += Int(weights[video]) * positiveCounts[video]
    }
    sample.hitAtOne /= Double(max(videoCount, 1))
    sample.equalRecallPrecision /= Double(max(videoCount, 1))
    sample.globalAveragePrecision = VideoBootstrap.averagePrecision(ranked[...], weights, positiveCount)
    sample.meanAveragePrecision = meanAveragePrecision(weights)
    return sample
  }

  private func meanAveragePrecision(_ weights: [UInt32]) -> Double {
    var classPositives = [Int](repeating: 0, count: max(classOffsets.count - 1, 0))
    for (label, owner) in zip(positives, owners) { classPositives[Int(label)] += Int(weights[Int(owner)]) }
    var sum = 0.0
    var classCount = 0
    for (label, positiveCount) in classPositives.enumerated() where positiveCount > 0 {
      let places = classRanked[classOffsets[label]..<classOffsets[label + 1]]
      sum += VideoBootstrap.averagePrecision(places, weights, positiveCount)
      classCount += 1
    }
    return sum / Double(max(meanClassCount ?? classCount, 1))
  }

  /// Average precision where each video is there as often as its weight says.
  ///
  /// - Parameter ranked: for each prediction, the best first, twice its video's number, plus one for a hit.
  static func averagePrecision(
    _ ranked: ArraySlice<UInt32>, _ weights: [UInt32], _ positiveCount: Int
  ) -> Double {
    guard positiveCount > 0 else { return 0 }
    return weights.withUnsafeBufferPointer { weights in
      ranked.withUnsafeBufferPointer { ranked in
        var rank = 0
        var hitCount = 0
        var sum = 0.0
        for prediction in ranked {
          let weight = Int(weights[Int(prediction >> 1)])
          if prediction & 1 == 0 {
            rank += weight
          } else {
            for _ in 0..<weight {
              rank += 1
              hitCount += 1
              sum += Double(hitCount) / Double(rank)
            }
          }
        }
        return sum / Double(positiveCount)
      }
    }
  }
}

/// The range in which the middle 95 % of some numbers lie.
package struct PercentileInterval: Sendable, Equatable {
  package let low: Double
  package let high: Double

  /// The 2.5th and the 97.5th percentile, interpolated between neighbours as numpy does; `nil` without numbers.
  package init?(_ numbers: [Double]) {
    guard !numbers.isEmpty else { return nil }
    let sorted = numbers.sorted()
    func percentile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
    low = percentile(0.025)
    high = percentile(0.975)
  }
}
