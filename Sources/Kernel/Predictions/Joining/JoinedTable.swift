import Bytes

/// The predictions of several models for the same videos in flat arrays: a pair for each video and each label that any
/// model gives it, in the order of the videos and then of the labels.
///
/// Memory: 4 bytes a pair and model, and 13 a pair; while it is made, for as many as 4 × threads × 1024 videos that
/// again, and one of the arrays twice where later videos have more pairs than the first ones.
struct JoinedTable: Sendable {
  /// Where the pairs of each video begin, and where the last one's end.
  var offsets: [Int] = [0]
  var labels: [Int32] = []
  /// Whether the video has the label.
  var hits: [Bool] = []
  /// Which models have the label, a bit for each.
  var models: [UInt64] = []
  /// For each model a number for each pair: what its merging rule adds up, or what the sum is made of once the rule's
  /// parameter is known: a score for `power`, a place for `place`. NaN where the model lacks the label and nothing
  /// stands for it.
  var columns: [[Float]]
  /// How many labels each video has, predicted or not.
  var positiveCounts: [Int32] = []
  /// The video's number in the truth.
  var truthNumbers: [Int32] = []
  /// For each model, how many videos of the truth it has a row of.
  var rowCounts: [Int]

  /// ``models`` has no more bits.
  static let modelLimit = 64

  init(modelCount: Int) {
    columns = Array(repeating: [], count: modelCount)
    rowCounts = Array(repeating: 0, count: modelCount)
  }

  var videoCount: Int { positiveCounts.count }

  /// Adds the videos of `other` after these.
  private mutating func append(_ other: JoinedTable) {
    let base = labels.count
    offsets += other.offsets.dropFirst().map { base + $0 }
    labels += other.labels
    hits += other.hits
    models += other.models
    for model in columns.indices {
      columns[model] += other.columns[model]
      rowCounts[model] += other.rowCounts[model]
    }
    positiveCounts += other.positiveCounts
    truthNumbers += other.truthNumbers
  }

  /// Makes room for `ratio` times what `pieces` have, and a little more, but for no more than `pairLimit` pairs;
  /// room that is not used takes no memory.
  private mutating func reserve(_ pieces: [JoinedTable], for ratio: Double, _ pairLimit: Int) {
    func estimate(_ count: (JoinedTable) -> Int) -> Int {
      Int(Double(pieces.reduce(0) { $0 + count($1) }) * ratio * 1.05)
    }
    let pairs = min(labels.count + estimate { $0.labels.count }, pairLimit)
    let videos = videoCount + estimate { $0.videoCount }
    offsets.reserveCapacity(videos + 1)
    labels.reserveCapacity(pairs)
    hits.reserveCapacity(pairs)
    models.reserveCapacity(pairs)
    for model in columns.indices { columns[model].reserveCapacity(pairs) }
    positiveCounts.reserveCapacity(videos)
    truthNumbers.reserveCapacity(videos)
  }
}

extension JoinedTable {
  /// Joins the rows of `files` of videos that `truth` knows, in the order of the first file, then those that only the
  /// second has, and so on; videos of the truth without a row come last.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a row that cannot be read or merged, or when no row of a file is
  ///   of a video of the truth.
  init(_ files: [PredictionFile], _ truth: VideoTruth, _ options: JoinOptions, _ workers: Workers) throws {
    self.init(modelCount: files.count)
    let marks = files.map { RowMarks(count: $0.count) }
    let pages = PageRelease(files, size: 16 << 20)
    // A pair takes four bytes with the blank that follows it.
    let pairLimit = files.reduce(0) { $0 + $1.bytes.count / 4 + 1 }
    for first in files.indices {
      let rows = first == 0 ? nil : marks[first].unmarked()
      try append(rowCount: rows?.count ?? files[0].count, pairLimit: pairLimit, workers) { block in
        let piece = try JoinedTable(files, truth, options, block, rows, first, marks, pages)
        pages.release()
        return piece
      }
    }
    if let stranger = rowCounts.firstIndex(of: 0) {
      throw KernelError(
        .badData, files[stranger].name, "no row is of a video of the ground truth",
        hint: "are these the right labels?")
    }
    var isSeen = [Bool](repeating: false, count: truth.count)
    for number in truthNumbers { isSeen[Int(number)] = true }
    for number in isSeen.indices where !isSeen[number] {
      offsets.append(labels.count)
      positiveCounts.append(Int32(clamping: truth.labelCount(number)))
      truthNumbers.append(Int32(truncatingIfNeeded: number))
    }
  }

  /// Adds what `make` makes of blocks of rows, in order, while the next ones are made.
  private mutating func append(
    rowCount: Int, pairLimit: Int, _ workers: Workers,
    _ make: @escaping @Sendable (Range<Int>) throws -> JoinedTable
  ) throws {
    let blockSize = 1024
    let batchSize = 4 * workers.count * blockSize
    var finished: [JoinedTable] = []
    var finishedEnd = 0
    func appendFinished() {
      guard !finished.isEmpty else { return }
      if finishedEnd <= batchSize { reserve(finished, for: Double(rowCount) / Double(finishedEnd), pairLimit) }
      for piece in finished { append(piece) }
      finished = []
    }
    for start in stride(from: 0, to: rowCount, by: batchSize) {
      let end = min(start + batchSize, rowCount)
      finished = try workers.map(
        (end - start + blockSize - 1) / blockSize,
        { number in
          let first = start + number * blockSize
          return try make(first..<min(first + blockSize, end))
        }, meanwhile: appendFinished)
      finishedEnd = end
    }
    appendFinished()
  }

  /// A block of rows of file `first`, which no earlier file has.
  private init(
    _ files: [PredictionFile], _ truth: VideoTruth, _ options: JoinOptions, _ block: Range<Int>, _ rows: [Int32]?,
    _ first: Int, _ marks: [RowMarks], _ pages: PageRelease
  ) throws {
    self.init(modelCount: files.count)
    var joiner = RowJoiner(files, start: block.lowerBound, pages)
    var video = JoinedVideo(modelCount: files.count, options)
    for position in block {
      let row = rows.map { Int($0[position]) } ?? position
      let id = joiner.cursors[first].row(row).id
      joiner.find(id, first: first, row: row)
      for (mark, row) in zip(marks, joiner.rows) where row >= 0 { mark.mark(row) }
      guard let number = truth.number(of: id) else { continue }
      video.reset()
      for (model, row) in joiner.rows.enumerated() where row >= 0 {
        try video.add(row, of: joiner.cursors[model], model)
        rowCounts[model] += 1
      }
      truth.withLabels(number) { video.append(to: &self, truth: $0) }
      truthNumbers.append(Int32(truncatingIfNeeded: number))
    }
    joiner.note(first: first, rows: block)
  }
}
