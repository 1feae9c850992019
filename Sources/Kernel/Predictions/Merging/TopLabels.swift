import Bytes

/// The labels with the highest scores, best first, reused from video to video.
///
/// Memory: 32 bytes for each of them, or for all labels of a video when many are wanted.
struct TopLabels {
  private(set) var labels: [Int32] = []
  private(set) var scores: [Double] = []
  private(set) var count = 0
  private var ranked: [(score: Double, label: Int32, mention: Int32)] = []
  private let ties: MergeOptions.Ties
  private let limit: Int

  init(limit: Int, ties: MergeOptions.Ties) {
    self.limit = limit
    self.ties = ties
  }

  /// The score of a label that is not to be taken.
  static let absent = -Double.infinity

  /// Takes the best of `candidateCount` labels; `candidate` tells the label and the score of each.
  @inline(__always)
  mutating func select(_ candidateCount: Int, _ candidate: (Int) -> (label: Int32, score: Double)) {
    count = min(limit, candidateCount)
    if ranked.count < candidateCount { ranked = Array(repeating: (0, 0, 0), count: 2 * candidateCount) }
    if labels.count < count {
      labels = Array(repeating: 0, count: 2 * count)
      scores = Array(repeating: 0, count: 2 * count)
    }
    let byLabel = ties == .smallerLabel
    ranked.withUnsafeMutableBufferPointer { ranked in
      // A few are kept in order as they come; many are sorted in the end.
      let kept = limit <= 64 ? count : 0
      var used = 0
      for index in 0..<candidateCount {
        let (label, score) = candidate(index)
        let new = (score: score, label: label, mention: Int32(truncatingIfNeeded: index))
        if score == TopLabels.absent { continue }
        guard kept > 0 else {
          ranked[used] = new
          used += 1
          continue
        }
        if used == kept, !TopLabels.precedes(new, ranked[used - 1], byLabel) { continue }
        var place = used < kept ? used : used - 1
        used = max(used, place + 1)
        while place > 0, TopLabels.precedes(new, ranked[place - 1], byLabel) {
          ranked[place] = ranked[place - 1]
          place -= 1
        }
        ranked[place] = new
      }
      if kept == 0 { ranked[..<used].sort { TopLabels.precedes($0, $1, byLabel) } }
      count = min(limit, used)
    }
    for index in 0..<count {
      labels[index] = ranked[index].label
      scores[index] = ranked[index].score
    }
  }

  @inline(__always)
  private static func precedes(
    _ a: (score: Double, label: Int32, mention: Int32), _ b: (score: Double, label: Int32, mention: Int32),
    _ byLabel: Bool
  ) -> Bool {
    if a.score != b.score { return a.score > b.score }
    return byLabel ? a.label < b.label : a.mention < b.mention
  }
}

extension TopLabels {
  /// Appends them as a row.
  ///
  /// - Throws: ``ByteReader/Fault`` for an id that a CSV file cannot hold.
  func append(id: UnsafeRawBufferPointer, to text: inout RowText) throws {
    try labels.withUnsafeBufferPointer { labels in
      try scores.withUnsafeBufferPointer { scores in
        try text.append(
          id: id, labels: UnsafeBufferPointer(rebasing: labels[..<count]),
          scores: UnsafeBufferPointer(rebasing: scores[..<count]))
      }
    }
  }
}
