import Bytes
import Inference
import Records

/// The records of a set with what a teacher predicts of each video, for a student to learn
/// (2018's `prepare_distill_dataset.py`; specs: miha2018 §10).
///
/// A record has the id as `video_id`, `labels` ascending, `predictions` for all classes, and the features as the
/// teacher saw them: the frames it looks at, in the bytes they were stored in, or the means.
///
/// Memory: that of ``Predictor`` and ``BatchReader``, and a file's buffer.
package struct DistillationSet: Sendable {
  package let model: ExportedModel
  /// Records of a file, but the last.
  package let fileSize: Int
  private let folder: String
  private let existing: AtomicFile.Existing

  /// - Throws: ``KernelError`` `.cannotCreate` when there are such files already (under `.refuse`), or no folder can be
  ///   made.
  package init(_ model: ExportedModel, to folder: String, fileSize: Int, existing: AtomicFile.Existing) throws {
    self.model = model
    self.folder = folder
    self.fileSize = max(1, fileSize)
    self.existing = existing
    try FolderMaker().makeWithParents(folder)
    try AtomicFile.checkTarget(path(0), existing: existing)
  }

  /// The name of a file: `predictions-00000.tfrecord`.
  package func path(_ number: Int) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    return Path.join(folder, "predictions-\(zeros)\(digits).tfrecord")
  }

  /// Writes the files, each when it is full.
  ///
  /// - Parameter progress: called with the bytes read and the videos written so far.
  /// - Returns: how many videos and files there are.
  /// - Throws: ``KernelError`` for a damaged record, a model that gives no scores for it, and files that cannot be
  ///   written.
  package func write(
    _ reader: BatchReader, _ predictor: Predictor, isOverlapped: Bool = true,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (videos: Int, files: Int) {
    var (videos, files) = (0, 0)
    var writer: RecordWriter?
    var builder = ExampleBuilder()
    try reader.forEachBatch(isOverlapped: isOverlapped) { batch in
      try predictor.predict(batch) { scores, classCount in
        for video in 0..<batch.count {
          let open = try writer ?? RecordWriter(path(files), existing: existing)
          let row = UnsafeBufferPointer(rebasing: scores[video * classCount..<(video + 1) * classCount])
          append(batch, video, row, to: &builder)
          try builder.payload.withUnsafeBytes { try open.write(payload: $0) }
          videos += 1
          writer = open
          guard open.recordCount == fileSize else { continue }
          try open.commit()
          writer = nil
          files += 1
        }
      }
      progress(batch.byteCount, videos)
    }
    if let writer {
      try writer.commit()
      files += 1
    }
    return (videos, files)
  }

  private func append(
    _ batch: VideoBatch, _ video: Int, _ scores: UnsafeBufferPointer<Float>, to builder: inout ExampleBuilder
  ) {
    let member = batch.members[video]
    let schema = model.schema
    let rows = schema.level == .frame ? member.frameCount : 1
    builder.removeAll()
    batch.features.withElements(Float.self) { all in
      let start = video * (all.count / batch.count)
      let numbers = UnsafeBufferPointer(rebasing: all[start..<start + rows * schema.rowSize])
      builder.features { builder in
        builder.feature("video_id") { builder in builder.bytes { builder in builder.add(member.id) } }
        builder.feature("labels") { builder in builder.int64s(member.labels.map(Int64.init)) }
        builder.feature("predictions") { builder in builder.floats(scores) }
        guard schema.level == .video else { return }
        var column = 0
        for input in schema.inputs {
          builder.feature(input.name.description) { builder in
            builder.floats(numbers[column..<column + input.size])
          }
          column += input.size
        }
      }
      guard schema.level == .frame else { return }
      builder.featureLists { builder in
        var column = 0
        for input in schema.inputs {
          let bytes = DistillationSet.stored(numbers, rows, schema.rowSize, column..<column + input.size)
          builder.list(input.name.description) { builder in
            bytes.withUnsafeBytes { builder.steps(rows: $0, width: input.size) }
          }
          column += input.size
        }
      }
    }
  }

  /// The bytes that `columns` of the rows were dequantized from.
  private static func stored(
    _ numbers: UnsafeBufferPointer<Float>, _ rows: Int, _ rowSize: Int, _ columns: Range<Int>
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: rows * columns.count) { bytes, count in
      for row in 0..<rows {
        for column in columns {
          bytes[count] = FrameQuantization.stored(numbers[row * rowSize + column])
          count += 1
        }
      }
    }
  }
}
