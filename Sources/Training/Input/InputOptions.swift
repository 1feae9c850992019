import Bytes
import Records

/// Which records training reads, and in what order.
package struct InputOptions: Sendable {
  /// What becomes of a record that is damaged or is no such video.
  package enum BadRecords: String, Sendable, CaseIterable {
    case fail, skip
  }

  /// Paths; not standard input, which can be read only once.
  package var files: [String]
  package var schema: VideoSchema
  package var classCount: Int
  /// Whether records have a teacher's `predictions` too, to be distilled (specs: miha2018 §10).
  package var hasTeacher = false
  package var batchSize: Int
  /// How often every record comes; `nil` for ever.
  package var epochs: Int?
  /// Files whose records come in turn.
  package var openFileCount = 8
  /// Records among which the next one is drawn.
  package var bufferSize: Int
  package var seed: UInt64 = 0
  package var badRecords = BadRecords.fail

  /// - Parameter bufferSize: `nil` for five batches, as the reference's queue holds.
  package init(
    files: [String], schema: VideoSchema, classCount: Int, batchSize: Int, epochs: Int?, bufferSize: Int? = nil
  ) {
    self.files = files
    self.schema = schema
    self.classCount = classCount
    self.batchSize = max(1, batchSize)
    self.epochs = epochs
    self.bufferSize = max(1, bufferSize ?? Int(clamping: 5 &* max(1, batchSize)))
  }

  /// Tells inputs apart: two of the same identity give the same batches.
  ///
  /// Of files the names and sizes count, not the folders, so that records may move.
  package var identity: String {
    get throws {
      let sum = try SHA256()
      let inputs = schema.inputs.map { "\($0.name) \($0.size)" }.joined(separator: ", ")
      var text = "\(schema.level.rawValue) \(inputs) \(schema.maxFrames) \(hasTeacher)\n"
      text += "\(batchSize) \(openFileCount) \(bufferSize) \(seed) \(badRecords.rawValue)\n"
      for file in files { text += "\(Path.name(of: file)) \(FileStatus(file)?.size ?? 0)\n" }
      try sum.update(Array(text.utf8))
      return SHA256.text(try sum.finish())
    }
  }
}
