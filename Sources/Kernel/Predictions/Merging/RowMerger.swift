import Bytes

/// Merges the rows that several files have of one video; one for each thread, reused from row to row.
///
/// Memory: some 150 bytes a label of the longest row.
struct RowMerger {
  private let options: MergeOptions
  private let weights: [Double]
  private let totalWeight: Double
  private var pairs = PredictionPairs()
  private var values: [Double] = []
  /// What a missing label's stand-in is the mean of, where only places matter.
  private var plains: [Double] = []
  private var order: [Int32] = []
  private var sums = LabelSums()
  private var top: TopLabels

  init(_ options: MergeOptions, weights: [Double]) {
    self.options = options
    self.weights = weights
    totalWeight = weights.reduce(0, +)
    top = TopLabels(limit: options.topK, ties: options.ties)
  }

  /// Begins another video.
  mutating func begin() { sums.reset() }

  /// Adds a row of a file, the number of which is `fileNumber`.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line.
  mutating func add(_ row: Int, of cursor: RowCursor, _ fileNumber: Int) throws {
    try cursor.read(row, into: &pairs)
    let weight = weights[fileNumber]
    let isScript = options.rule == .fileAveraging
    // A file that does not count may still tell what others would have said.
    guard weight > 0 || isScript || options.missing == .mean else { return }
    let used = options.rule.usedCount(of: pairs.count)
    if values.count < used {
      values = Array(repeating: 0, count: 2 * used)
      plains = values
    }
    if let problem = transform(used) { throw cursor.file.error(inRow: row, problem) }
    let repeated = pairs.labels.withUnsafeBufferPointer { labels in
      (options.rule.isByPlace ? plains : pairs.scores).withUnsafeBufferPointer { scores in
        (options.rule == .mean ? pairs.scores : values).withUnsafeBufferPointer { values -> Int32? in
          guard used > 0, let plain = scores.baseAddress, let value = values.baseAddress else { return nil }
          return sums.add(
            UnsafeBufferPointer(rebasing: labels[..<used]), plain, value,
            weight: weight, file: Int32(truncatingIfNeeded: fileNumber), allowsRepetition: isScript)
        }
      }
    }
    if let repeated { throw cursor.file.error(inRow: row, "label \(repeated) is there twice") }
  }

  /// Fills ``values``, but for `mean`, which takes scores as they are; returns what is wrong with a score.
  private mutating func transform(_ count: Int) -> String? {
    let rule = options.rule
    if rule == .mean { return nil }
    if rule.isByPlace { return transformPlaces(count) }
    for index in 0..<count {
      let score = pairs.scores[index]
      if let problem = rule.fault(score) { return "label \(pairs.labels[index]) has \(problem)" }
      values[index] = rule.transformed(score, place: index, of: count)
    }
    return nil
  }

  private mutating func transformPlaces(_ count: Int) -> String? {
    let isSorted = (1..<max(1, count)).allSatisfy { pairs.scores[$0 - 1] >= pairs.scores[$0] }
    guard !isSorted else {
      for index in 0..<count { setPlace(index, of: index, count) }
      return nil
    }
    order = (0..<Int32(truncatingIfNeeded: count)).sorted {
      let (a, b) = (pairs.scores[Int($0)], pairs.scores[Int($1)])
      return a != b ? a > b : $0 < $1
    }
    for (place, index) in order.enumerated() {
      setPlace(place, of: Int(index), count)
    }
    return nil
  }

  private mutating func setPlace(_ place: Int, of index: Int, _ count: Int) {
    values[index] = options.rule.transformed(0, place: place, of: count)
    plains[index] = options.rule.isRank ? values[index] : Double(place)
  }

  /// Appends the merged row.
  ///
  /// - Throws: ``ByteReader/Fault`` when a merged score is not a finite number, or the id none that a CSV file can hold.
  mutating func finish(id: UnsafeRawBufferPointer, to text: inout RowText) throws {
    let score = LabelScore(rule: options.rule, missing: options.missing, totalWeight: totalWeight)
    var isFinite = true
    sums.withEntries { entries in
      top.select(entries.count) { index in
        let merged = score(entries[index])
        isFinite = isFinite && (merged.isFinite || merged == TopLabels.absent)
        return (entries[index].label, merged)
      }
    }
    guard isFinite else {
      throw ByteReader.Fault(offset: 0, problem: "a merged score is beyond the range of a double")
    }
    try top.append(id: id, to: &text)
  }
}

/// How the score that a label gets follows from what files say of it.
private struct LabelScore {
  let rule: MergeRule
  let missing: MergeOptions.MissingLabels
  let totalWeight: Double

  @inline(__always)
  func callAsFunction(_ entry: LabelSums.Entry) -> Double {
    rule == .mean && missing == .zero ? entry.sum / totalWeight : restored(entry)
  }

  private func restored(_ entry: LabelSums.Entry) -> Double {
    if rule == .fileAveraging { return entry.sum / 100_000 / totalWeight }
    guard entry.weight > 0 else { return TopLabels.absent }
    let missingWeight = totalWeight - entry.weight
    switch missing {
    case .zero: return rule.restored((entry.sum + missingWeight * rule.zero) / totalWeight)
    case .rescale: return rule.restored(entry.sum / entry.weight)
    case .mean:
      let stand = rule.standIn(entry.plain / entry.fileCount)
      return rule.restored((entry.sum + missingWeight * stand) / totalWeight)
    }
  }
}

extension PredictionFile {
  /// What is wrong with a row.
  func error(inRow number: Int, _ problem: String) -> KernelError {
    let id = withRow(number) { $0.idText }
    return KernelError(.badData, name, at: place(of: number), "video \(id.printable): \(problem)")
  }
}
