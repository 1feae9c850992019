import Predictions

/// The metrics of one file, in the order in which they are shown.
struct FileScore {
  struct Metric {
    /// `gap@20`
    let name: String
    let value: Double
    /// Of resamples, in an order that is the same for all files.
    let samples: [Double]
  }

  let file: String
  let metrics: [Metric]
  let classes: [VideoMetrics.ClassScore]

  /// How many classes the models of 2018 and 2019 have; it matters only to what numpy does with equal scores.
  static let usualClassCount = 3862

  /// - Parameter mean: mean average precision.
  init(_ file: String, _ metrics: VideoMetrics, mean: Double, _ samples: [VideoBootstrap.Sample], topK: Int) {
    self.file = file
    let gap = topK == .max ? "gap" : "gap@\(topK)"
    self.metrics = [
      Metric(name: gap, value: metrics.globalAveragePrecision, samples: samples.map(\.globalAveragePrecision)),
      Metric(name: "hit@1", value: metrics.hitAtOne, samples: samples.map(\.hitAtOne)),
      Metric(name: "perr", value: metrics.equalRecallPrecision, samples: samples.map(\.equalRecallPrecision)),
      Metric(name: "map", value: mean, samples: samples.map(\.meanAveragePrecision)),
    ]
    classes = metrics.classes
  }

  init(_ file: String, _ metrics: SegmentMetrics, _ samples: [Double], topK: Int) {
    self.file = file
    self.metrics = [
      Metric(name: topK == 0 ? "map" : "map@\(topK)", value: metrics.meanAveragePrecision, samples: samples)
    ]
    classes = metrics.classes.sorted { $0.label < $1.label }
  }
}
