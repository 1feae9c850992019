import Bytes
import Predictions
import Records

/// Predictions for all videos of some record files, as a prediction file.
///
/// Memory: the features of two batches, what the graph needs for one, and the rows of one.
package struct InferenceRun {
  private let model: ExportedModel
  private let files: [String]
  private let topK: Int
  private let rounds: Int
  private let seed: UInt64?
  private let shard: RecordShard?
  private let batchSize: Int
  private let workers: Workers
  private let readers: Workers

  /// - Parameters:
  ///   - files: paths, or `-`.
  ///   - topK: how many classes of each video get into its row.
  ///   - rounds: how many runs of the graph to average; one that draws nothing at random runs once.
  ///   - seed: for what the graph draws at random.
  ///   - readers: threads that read while `workers` compute.
  package init(
    model: ExportedModel, files: [String], topK: Int, rounds: Int = 1, seed: UInt64? = nil,
    shard: RecordShard? = nil, batchSize: Int, workers: Workers, readers: Workers
  ) {
    self.model = model
    self.files = files
    self.topK = topK
    self.rounds = model.drawsAtRandom ? rounds : 1
    self.seed = seed
    self.shard = shard
    self.batchSize = batchSize
    self.workers = workers
    self.readers = readers
  }

  /// What the rows depend on.
  package var identity: RunIdentity {
    RunIdentity(
      model, files: files,
      options: [
        "top-k \(topK)", "rounds \(rounds)", "seed \(seed.map { "\($0)" } ?? "none")",
        "shard \(shard.map { "\($0.index)/\($0.count)" } ?? "none")",
      ] + (model.drawsAtRandom ? ["batch-size \(batchSize)"] : []))
  }

  /// Writes a whole prediction file to `sink`; returns the number of its videos.
  ///
  /// - Parameter progress: called with the bytes of records read so far and the videos with rows.
  /// - Throws: ``KernelError`` for the first damage, for records that do not fit the model, for a graph that cannot be
  ///   run; and what `sink` throws.
  @discardableResult package func write(
    to sink: any ByteSink, progress: (Int, Int) throws -> Void
  ) throws -> Int {
    // Nothing is written before it is known that the model runs.
    let header = RowText.header + [UInt8(ascii: "\n")]
    var videoCount = 0
    try forEachBatch(after: nil) { rows, batch, _ in
      try sink.write(videoCount == 0 ? header + rows : rows)
      videoCount += batch.count
      try progress(batch.byteCount, videoCount)
    }
    if videoCount == 0 { try sink.write(header) }
    return videoCount
  }

  /// Adds the rows that `journal` does not have yet.
  ///
  /// - Throws: as ``write(to:progress:)``; the journal is removed when records or the model are at fault, because they must
  ///   change.
  package func complete(_ journal: RunJournal, progress: (Int, Int) throws -> Void) throws {
    do {
      try forEachBatch(after: journal) { rows, batch, predictor in
        try journal.append(rows: rows, count: batch.count, randomPositions: predictor.randomPositions)
        try progress(batch.byteCount, journal.rowCount)
      }
    } catch {
      if (error as? KernelError)?.kind == .badData { journal.remove() }
      throw error
    }
  }

  /// Writes the prediction file that a complete journal makes.
  package func write(_ journal: RunJournal, to sink: any ByteSink) throws {
    try sink.write(RowText.header + [UInt8(ascii: "\n")])
    try journal.copyRows(to: sink)
  }

  private func forEachBatch(
    after journal: RunJournal?, _ body: ([UInt8], VideoBatch, Predictor) throws -> Void
  ) throws {
    let predictor = try Predictor(model, rounds: rounds, seed: seed, workers: workers)
    if let journal { predictor.randomPositions = journal.randomPositions }
    let reader = BatchReader(
      files, model.schema, batchSize: batchSize, shard: shard, skipping: journal?.rowCount ?? 0, readers: readers)
    try reader.forEachBatch(isOverlapped: workers.count > 1) { batch in
      try predictor.predict(batch) { scores, classCount in
        try body(
          PredictionRows.text(of: batch, scores, classCount: classCount, topK: topK, workers), batch, predictor)
      }
    }
  }
}
