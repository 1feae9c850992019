import Bytes

/// What several models say of one video, reused from video to video.
struct JoinedVideo {
  private let options: JoinOptions
  private let modelCount: Int
  private var pairs = PredictionPairs()
  /// The number of each label in the order of mention.
  private var numbers: [Int32: Int] = [:]
  private var labels: [Int32] = []
  /// For each label and model what is summed up, NaN where the model lacks it.
  private var values: [Float] = []
  /// For each label and model the score itself.
  private var scores: [Float] = []
  private var order: [Int] = []

  init(modelCount: Int, _ options: JoinOptions) {
    self.modelCount = modelCount
    self.options = options
  }

  mutating func reset() {
    numbers.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
  }

  /// Adds a model's row.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line.
  mutating func add(_ row: Int, of cursor: RowCursor, _ model: Int) throws {
    try cursor.read(row, into: &pairs)
    let count = options.rule.usedCount(of: pairs.count)
    if options.rule.isByPlace {
      order.removeAll(keepingCapacity: true)
      order.append(contentsOf: 0..<count)
      order.sort { pairs.scores[$0] != pairs.scores[$1] ? pairs.scores[$0] > pairs.scores[$1] : $0 < $1 }
    }
    for place in 0..<count {
      let index = options.rule.isByPlace ? order[place] : place
      let (label, score) = (pairs.labels[index], pairs.scores[index])
      guard label < ScoredVideos.classLimit else {
        throw cursor.file.error(inRow: row, "label \(label) exceeds \(ScoredVideos.classLimit - 1)")
      }
      if let problem = options.rule.fault(score) {
        throw cursor.file.error(inRow: row, "label \(label) has \(problem)")
      }
      let number = number(of: label) * modelCount + model
      guard values[number].isNaN else { throw cursor.file.error(inRow: row, "label \(label) is there twice") }
      values[number] = Float(value(score, place: place, of: count))
      scores[number] = Float(score)
    }
  }

  private mutating func number(of label: Int32) -> Int {
    if let number = numbers[label] { return number }
    numbers[label] = labels.count
    labels.append(label)
    for _ in 0..<modelCount {
      values.append(.nan)
      scores.append(0)
    }
    return labels.count - 1
  }

  /// What a pair has in its column: all of the rule but what its parameter decides.
  private func value(_ score: Double, place: Int, of count: Int) -> Double {
    switch options.rule {
    case .power: score
    case .place: Double(place)
    default: options.rule.transformed(score, place: place, of: count)
    }
  }

  /// Appends the video's pairs, in the order of the labels.
  ///
  /// - Parameter truth: its right labels, ascending.
  mutating func append(to table: inout JoinedTable, truth: UnsafeBufferPointer<Int32>) {
    order.removeAll(keepingCapacity: true)
    order.append(contentsOf: labels.indices)
    order.sort { labels[$0] < labels[$1] }
    var next = 0
    for number in order {
      while next < truth.count, truth[next] < labels[number] { next += 1 }
      table.labels.append(labels[number])
      table.hits.append(next < truth.count && truth[next] == labels[number])
      let stand = stand(number)
      var models: UInt64 = 0
      for model in 0..<modelCount {
        let value = values[number * modelCount + model]
        if !value.isNaN { models |= 1 << UInt64(model) }
        table.columns[model].append(value.isNaN ? stand : value)
      }
      table.models.append(models)
    }
    table.offsets.append(table.labels.count)
    table.positiveCounts.append(Int32(clamping: truth.count))
  }

  /// What stands for a label that a model does not have.
  private func stand(_ number: Int) -> Float {
    switch options.missing {
    case .rescale: return .nan
    case .zero:
      if case .place = options.rule { return .infinity }
      return Float(options.rule.zero)
    case .mean:
      let range = number * modelCount..<(number + 1) * modelCount
      let present = range.filter { !values[$0].isNaN }
      let isByPlace = options.rule.isByPlace
      let sum = present.reduce(0.0) { $0 + Double(isByPlace ? values[$1] : scores[$1]) }
      let mean = sum / Double(max(1, present.count))
      return Float(isByPlace ? mean : value(mean, place: 0, of: 1))
    }
  }
}
