import Bytes
import Glibc

/// How alike two models' predictions are.
package struct Correlation: Equatable, Sendable {
  /// Pairs of a video and a label (a class and a segment) that both have.
  package var commonCount = 0
  /// Pearson's coefficient of the scores of those; `nil` when they do not vary.
  package var pearson: Double?
  /// Spearman's, of their ranks; equal scores share the mean of their ranks.
  package var spearman: Double?
  /// Over the videos (classes) that both have, the mean share of the best k of one that are among the best k of the
  /// other; where one has fewer than k, of as many as it has.
  package var overlap: Double?
}

extension Correlation {
  /// Compares the predictions for the same videos.
  ///
  /// Memory: 8 bytes for each pair that both have and 32 while ranking; pages of the files are given back.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a row that cannot be read.
  package init(_ a: PredictionFile, _ b: PredictionFile, topK: Int, _ workers: Workers) throws {
    let files = [a, b]
    let pages = PageRelease(files, size: 16 << 20)
    let blockSize = 1024
    let pieces = try workers.map((a.count + blockSize - 1) / blockSize) { number -> CommonScores in
      let rows = number * blockSize..<min((number + 1) * blockSize, a.count)
      var joiner = RowJoiner(files, start: rows.lowerBound, pages)
      var piece = CommonScores()
      var (first, second) = (PredictionPairs(), PredictionPairs())
      for row in rows {
        joiner.find(joiner.cursors[0].row(row).id, first: 0, row: row)
        guard joiner.lackCount == 0 else { continue }
        try joiner.cursors[0].read(row, into: &first)
        try joiner.cursors[1].read(joiner.rows[1], into: &second)
        piece.add(
          zip(first.labels, first.scores).prefix(first.count).map { ($0, $1) },
          zip(second.labels, second.scores).prefix(second.count).map { ($0, $1) }, topK: topK)
      }
      joiner.note(first: 0, rows: rows)
      pages.release()
      return piece
    }
    try self.init(pieces, workers)
  }

  /// Compares rankings; a segment's score is its place.
  package init(_ a: SegmentFile, _ b: SegmentFile, topK: Int, _ workers: Workers) throws {
    let rows = Dictionary(b.rows.enumerated().map { ($1.label, $0) }, uniquingKeysWith: { $1 })
    let pieces = try workers.map(a.rows.count) { row -> CommonScores in
      var piece = CommonScores()
      guard let other = rows[a.rows[row].label] else { return piece }
      piece.add(Correlation.places(a, row), Correlation.places(b, other), topK: topK)
      a.releaseRow(row)
      b.releaseRow(other)
      return piece
    }
    try self.init(pieces, workers)
  }

  private static func places(_ file: SegmentFile, _ row: Int) -> [([UInt8], Double)] {
    file.withIDs(row) { ids in ids.enumerated().map { (Array($1), -Double($0)) } }
  }

  private init(_ pieces: [CommonScores], _ workers: Workers) throws {
    let scores = [pieces.flatMap(\.first), pieces.flatMap(\.second)]
    commonCount = scores[0].count
    pearson = Correlation.pearson(scores[0], scores[1])
    let ranks = try workers.map(2) { Correlation.ranks(scores[$0]) }
    spearman = Correlation.pearson(ranks[0], ranks[1])
    let groupCount = pieces.reduce(0) { $0 + $1.groupCount }
    overlap = groupCount > 0 ? pieces.reduce(0) { $0 + $1.overlap } / Double(groupCount) : nil
  }

  /// Pearson's correlation coefficient, in two passes so that nothing cancels; `nil` when a list does not vary.
  static func pearson(_ a: [Float], _ b: [Float]) -> Double? {
    guard !a.isEmpty else { return nil }
    let meanA = a.reduce(0.0) { $0 + Double($1) } / Double(a.count)
    let meanB = b.reduce(0.0) { $0 + Double($1) } / Double(b.count)
    var (aa, ab, bb) = (0.0, 0.0, 0.0)
    for index in a.indices {
      let (x, y) = (Double(a[index]) - meanA, Double(b[index]) - meanB)
      aa += x * x
      ab += x * y
      bb += y * y
    }
    guard aa > 0, bb > 0 else { return nil }
    return min(max(ab / (aa * bb).squareRoot(), -1), 1)
  }

  /// The rank of each number from 1, equal ones sharing the mean of their ranks.
  static func ranks(_ values: [Float]) -> [Float] {
    let order = values.indices.map { (value: values[$0], index: Int32(truncatingIfNeeded: $0)) }
      .sorted { $0.value < $1.value }
    var ranks = [Float](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, order[end].value == order[start].value { end += 1 }
      let rank = Float(start + end + 1) / 2
      for place in start..<end { ranks[Int(order[place].index)] = rank }
      start = end
    }
    return ranks
  }
}

/// The scores that two models give the same labels, for some videos.
private struct CommonScores: Sendable {
  var first: [Float] = []
  var second: [Float] = []
  /// Videos that both have, and the sum of their overlaps.
  var groupCount = 0
  var overlap = 0.0

  /// Adds a video that both have; of a label that is there twice the last counts.
  mutating func add<Key: Hashable>(_ a: [(Key, Double)], _ b: [(Key, Double)], topK: Int) {
    let scores = Dictionary(b) { $1 }
    for (key, score) in a {
      guard let other = scores[key] else { continue }
      first.append(Float(score))
      second.append(Float(other))
    }
    let count = min(topK, a.count, b.count)
    guard count > 0 else { return }
    let best = Set(CommonScores.best(count, a))
    let shared = CommonScores.best(count, b).reduce(0) { $0 + (best.contains($1) ? 1 : 0) }
    groupCount += 1
    overlap += Double(shared) / Double(count)
  }

  private static func best<Key>(_ count: Int, _ pairs: [(Key, Double)]) -> [Key] {
    let isSorted = (1..<max(1, pairs.count)).allSatisfy { pairs[$0 - 1].1 >= pairs[$0].1 }
    let order =
      isSorted
      ? Array(pairs.indices)
      : pairs.indices.sorted {
        pairs[$0].1 != pairs[$1].1 ? pairs[$0].1 > pairs[$1].1 : $0 < $1
      }
    return order.prefix(count).map { pairs[$0].0 }
  }
}
