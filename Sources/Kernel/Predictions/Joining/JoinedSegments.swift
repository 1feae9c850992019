import Bytes

/// Several models' rankings of the same segments and how people rated them, held so that MAP@K of their merge by rank is
/// told again and again (specs: tm_google §6.3).
///
/// Where the cut at K cannot matter, because the files have no more segments of a class, only rated segments are held.
///
/// Memory: 4 bytes for each model and segment held, and 1 more; 16 for each segment of a class while it is evaluated.
package struct JoinedSegments: Sendable {
  private struct JoinedClass: Sendable {
    let label: Int32
    let positiveCount: Int
    /// For each segment, in the order of first mention, what people say.
    var ratings: [Rating] = []
    /// For each model a number for each segment: its place from 0, or (n - i) / n; infinite, or 0, without one.
    var columns: [[Float]]

    /// Whether a model has a segment that people rated.
    func isRated(by model: Int, absent: Float) -> Bool {
      zip(ratings, columns[model]).contains { $0 != .none && $1 != absent }
    }
  }

  private enum Rating: UInt8, Sendable { case none, negative, positive }

  private let classes: [JoinedClass]
  private let topK: Int
  private let w0: Double?
  private let workers: Workers
  package let modelCount: Int
  /// For each model, how many classes that segments have it has no line of.
  package let lackingCounts: [Int]

  /// Joins the lines of `files` of the classes that segments of `truth` have.
  ///
  /// - Parameters:
  ///   - w0: of a place's weight `w0 / (i + w0)`; it is `(n - i) / n` for `nil`.
  ///   - topK: how many segments of a merged line count, rated or not.
  /// - Throws: ``KernelError`` `.badData` with the line of a segment that is there twice, or when no segment of a
  ///   file is rated; `.usage` when a number makes no sense.
  package init(
    _ files: [SegmentFile], _ truth: SegmentTruth, w0: Double?, topK: Int = 100_000, _ workers: Workers
  ) throws {
    guard !files.isEmpty else { throw KernelError(.usage, "", "there is nothing to merge") }
    if let w0 { try MergeRule.place(w0: w0).check() }
    self.topK = topK
    self.w0 = w0
    self.workers = workers
    modelCount = files.count
    let labels = truth.positiveCounts.keys.sorted()
    let rows = files.map { file in
      Dictionary(file.rows.enumerated().map { ($1.label, $0) }, uniquingKeysWith: { $1 })
    }
    classes = try workers.map(labels.count) { index in
      let label = labels[index]
      var joined = JoinedClass(
        label: label, positiveCount: truth.positiveCounts[label] ?? 0,
        columns: Array(repeating: [], count: files.count))
      try JoinedSegments.join(files, rows.map { $0[label] }, truth, isByPlace: w0 != nil, topK, &joined)
      return joined
    }
    let absent = JoinedSegments.absent(isByPlace: w0 != nil)
    for (model, file) in files.enumerated()
    where !classes.contains(where: { $0.isRated(by: model, absent: absent) }) {
      throw KernelError(
        .badData, file.name, "no segment is rated in the ground truth", hint: "are these the right labels?")
    }
    lackingCounts = rows.map { rows in labels.reduce(0) { $0 + (rows[$1] == nil ? 1 : 0) } }
  }

  private init(_ joined: JoinedSegments, _ classes: [JoinedClass]) {
    self.classes = classes
    topK = joined.topK
    w0 = joined.w0
    workers = joined.workers
    modelCount = joined.modelCount
    lackingCounts = joined.lackingCounts
  }

  /// Classes that count.
  package var labels: [Int] { classes.map { Int($0.label) } }

  /// The same with only the classes of which `isIn` says so, given their labels.
  package func filtered(_ isIn: (Int) -> Bool) -> JoinedSegments {
    JoinedSegments(self, classes.filter { isIn(Int($0.label)) })
  }

  /// What stands in a column for a segment that the model does not have.
  private static func absent(isByPlace: Bool) -> Float { isByPlace ? .infinity : 0 }

  private static func join(
    _ files: [SegmentFile], _ rows: [Int?], _ truth: SegmentTruth, isByPlace: Bool, _ topK: Int,
    _ joined: inout JoinedClass
  ) throws {
    var numbers: [[UInt8]: Int] = [:]
    let absent = absent(isByPlace: isByPlace)
    for (model, row) in rows.enumerated() {
      guard let row else { continue }
      try files[model].withIDs(row) { ids in
        let count = Float(ids.reduce(0) { count, _ in count + 1 })
        for (place, id) in ids.enumerated() {
          let number = numbers[Array(id)] ?? numbers.count
          if number == numbers.count {
            numbers[Array(id)] = number
            let rating = truth.number(of: id).flatMap { truth.rating($0, joined.label) }
            joined.ratings.append(rating.map { $0 ? .positive : .negative } ?? .none)
            for other in joined.columns.indices { joined.columns[other].append(absent) }
          }
          guard joined.columns[model][number] == absent else {
            throw KernelError(
              .badData, files[model].name, at: .line(files[model].rows[row].lineNumber),
              "class \(joined.label): segment \(String(decoding: id.prefix(64), as: UTF8.self).printable) is there twice"
            )
          }
          joined.columns[model][number] = isByPlace ? Float(place) : (count - Float(place)) / count
        }
      }
      files[model].releaseRow(row)
    }
    guard joined.ratings.count <= topK else { return }
    let rated = joined.ratings.indices.filter { joined.ratings[$0] != .none }
    joined.ratings = rated.map { joined.ratings[$0] }
    joined.columns = joined.columns.map { column in rated.map { column[$0] } }
  }

  /// Mean average precision at K of the merge with these weights.
  ///
  /// - Parameter w0: in place of that of ``init(_:_:w0:topK:_:)``.
  package func evaluate(weights: [Double], w0: Double? = nil) throws -> Double {
    precondition(weights.count == modelCount, "a weight for each model")
    let w0 = self.w0 == nil ? nil : w0 ?? self.w0
    let precisions = try workers.map(classes.count) { averagePrecision(classes[$0], weights, w0) }
    return precisions.isEmpty ? 0 : precisions.reduce(0, +) / Double(precisions.count)
  }

  private func averagePrecision(_ joined: JoinedClass, _ weights: [Double], _ w0: Double?) -> Double {
    var order = joined.ratings.indices.map { (sum: 0.0, number: Int32(truncatingIfNeeded: $0)) }
    for (column, weight) in zip(joined.columns, weights) where weight != 0 {
      for index in order.indices {
        let value = Double(column[index])
        if let w0 { order[index].sum += weight * (w0 / (value + w0)) } else { order[index].sum += weight * value }
      }
    }
    order.sort { $0.sum != $1.sum ? $0.sum > $1.sum : $0.number < $1.number }
    var (ratedCount, hitCount, sum) = (0, 0, 0.0)
    for place in order.prefix(topK) {
      let rating = joined.ratings[Int(place.number)]
      if rating == .none { continue }
      ratedCount += 1
      if rating == .positive {
        hitCount += 1
        sum += Double(hitCount) / Double(ratedCount)
      }
    }
    return sum / Double(joined.positiveCount)
  }
}
