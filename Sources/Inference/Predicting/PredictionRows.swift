import Bytes
import Predictions

/// The rows of a prediction file for a batch.
package enum PredictionRows {
  /// `id,label score label score …` and a line feed for each video, its `topK` best classes (or all, when the model has
  /// fewer), best first (specs: miha2018 §7).
  ///
  /// - Parameter scores: `[videos, classes]` in a row.
  /// - Throws: ``KernelError`` `.badData` for an id that a CSV file cannot hold.
  package static func text(
    of batch: VideoBatch, _ scores: UnsafeBufferPointer<Float>, classCount: Int, topK: Int, _ workers: Workers
  ) throws -> [UInt8] {
    let blockSize = 64
    let rows = Rows(scores: scores)
    let texts = try workers.map((batch.count + blockSize - 1) / blockSize) { block -> [UInt8] in
      var text = RowText()
      var best = TopClasses()
      for video in block * blockSize..<min((block + 1) * blockSize, batch.count) {
        let row = rows.scores[video * classCount..<(video + 1) * classCount]
        best.select(topK, of: UnsafeBufferPointer(rebasing: row))
        do {
          try batch.members[video].id.withUnsafeBytes { id in
            try best.labels.withUnsafeBufferPointer { labels in
              try best.scores.withUnsafeBufferPointer { try text.append(id: id, labels: labels, scores: $0) }
            }
          }
        } catch let fault as ByteReader.Fault { throw batch.error(video, fault.problem) }
      }
      let sink = TextSink()
      try text.flush(to: sink)
      return sink.bytes
    }
    return texts.count == 1 ? texts[0] : texts.flatMap { $0 }
  }

  /// Read by several threads while the caller waits for them.
  private struct Rows: @unchecked Sendable { let scores: UnsafeBufferPointer<Float> }

  private final class TextSink: ByteSink {
    var bytes: [UInt8] = []

    func write(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }
  }
}
