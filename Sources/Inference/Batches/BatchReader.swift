import Bytes
import Execution
import Records
import Tensors

/// Reads record files as batches of videos, in the order of the records.
///
/// Lengths are walked by one thread; checksums, messages and dequantization are the work of all readers.
///
/// Memory: the features of two batches, and of compressed files and streams the records of one.
package final class BatchReader: @unchecked Sendable {
  // Sendable holds because `next()` is called by one thread at a time, each call after the one before has returned.
  package let schema: VideoSchema
  private let files: [String]
  private let batchSize: Int
  private let shard: RecordShard?
  private let readers: Workers
  private let wantsLabels: Bool
  /// Records of the part that are still to be passed over.
  private var skipping: Int

  private var nextFile = 0
  private var reader: RecordReader?
  private var chunk: RecordChunk?
  /// The next record of ``chunk``, and its number over all files.
  private var position = 0
  private var runningNumber = 0
  /// Bytes of the files before the current one, and of that.
  private var earlierBytes = 0
  private var fileSize = 0
  private var buffers = FeatureBuffers(hint: "a smaller --batch-size gives the same predictions")
  /// What ended the reading, told after the records before it.
  private var failure: (any Error)?

  /// - Parameters:
  ///   - files: paths, or `-`.
  ///   - skipping: how many records (of the shard) to pass over.
  ///   - wantsLabels: whether labels are read.
  package init(
    _ files: [String], _ schema: VideoSchema, batchSize: Int, shard: RecordShard? = nil, skipping: Int = 0,
    wantsLabels: Bool = false, readers: Workers
  ) {
    self.files = files
    self.schema = schema
    self.batchSize = max(1, batchSize)
    self.shard = shard
    self.skipping = skipping
    self.wantsLabels = wantsLabels
    self.readers = readers
  }

  /// The next batch, or `nil` after the last.
  ///
  /// - Throws: ``KernelError`` for the first damage in the order of the records, and for a record that is no such
  ///   video.
  package func next() throws -> VideoBatch? {
    let picked = gather()
    guard !picked.records.isEmpty else {
      if let failure { throw failure }
      return nil
    }
    let batch = try read(picked)
    // The last chunk may have records of the next batch.
    let isLastDone = chunk == nil || position == chunk?.count
    for chunk in isLastDone ? picked.chunks[...] : picked.chunks.dropLast() {
      chunk.bytes.releasePages(0..<chunk.bytes.count)
    }
    if let failure { throw failure }
    return batch
  }

  /// Records that make a batch.
  private struct Picked {
    var chunks: [RecordChunk] = []
    var paths: [String] = []
    /// For each record its chunk, and its number in there.
    var records: [(chunk: Int, index: Int)] = []
  }

  private func gather() -> Picked {
    var picked = Picked()
    do {
      while picked.records.count < batchSize, let (chunk, path) = try currentChunk() {
        picked.chunks.append(chunk)
        picked.paths.append(path)
        while picked.records.count < batchSize, position < chunk.count {
          let isWanted = shard?.contains(runningNumber) != false
          if isWanted, skipping == 0 { picked.records.append((picked.chunks.count - 1, position)) }
          if isWanted, skipping > 0 { skipping -= 1 }
          position += 1
          runningNumber += 1
        }
      }
    } catch { failure = error }
    return picked
  }

  /// The chunk that has a record left, and the name of its file; `nil` at the end of the last file.
  private func currentChunk() throws -> (RecordChunk, String)? {
    while true {
      if let chunk, let reader, position < chunk.count { return (chunk, reader.path) }
      chunk = nil
      position = 0
      if reader == nil {
        guard nextFile < files.count else { return nil }
        reader = try RecordReader(files[nextFile])
        fileSize = FileStatus(files[nextFile])?.size ?? 0
        nextFile += 1
      }
      chunk = try reader?.next()
      if chunk == nil {
        earlierBytes += fileSize
        reader = nil
      }
    }
  }

  private func read(_ picked: Picked) throws -> VideoBatch {
    let count = picked.records.count
    let buffer = try buffers.next(count, schema)
    let floats = buffer.bytes.bindMemory(to: Float.self)
    let rowSize = schema.rowSize * (schema.level == .frame ? schema.maxFrames : 1)
    let target = SharedRows(rows: floats, rowSize: rowSize)
    // Enough work for a thread to be worth waking: some 100 kB of floats.
    let blockSize = max(1, (1 << 17) / max(1, rowSize))
    let (schema, wantsLabels) = (schema, wantsLabels)
    let blocks = try readers.map((count + blockSize - 1) / blockSize) { block -> [VideoBatch.Member] in
      try (block * blockSize..<min((block + 1) * blockSize, count)).map { row in
        let (number, index) = picked.records[row]
        var member = VideoBatch.Member(path: picked.paths[number])
        try picked.chunks[number].forEach(index..<index + 1) { record in
          try record.check(in: member.path)
          do { try member.read(record, schema, into: target[row], labels: wantsLabels) } catch let fault
            as ByteReader.Fault
          {
            throw record.error(in: member.path, fault.problem, hint: schema.expectation)
          }
        }
        return member
      }
    }
    let shape = Shape(
      schema.level == .frame ? [count, schema.maxFrames, schema.rowSize] : [count, schema.rowSize])
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<(count * rowSize * 4)])
    let consumed = chunk.map { min($0.offset + $0.bounds[position], fileSize) } ?? 0
    return VideoBatch(
      members: blocks.flatMap { $0 },
      features: try Tensor(.float32, shape ?? .scalar, bytes: ByteView(unsafe: bytes, owner: buffer)),
      byteCount: earlierBytes + consumed)
  }
}

extension VideoBatch.Member {
  /// Reads a record: its numbers into the `row` of a batch, the rest into the member.
  ///
  /// - Throws: ``ByteReader/Fault`` for a record that is no such video.
  package mutating func read(
    _ record: Record, _ schema: VideoSchema, into row: UnsafeMutableBufferPointer<Float>, labels wantsLabels: Bool
  ) throws {
    self.record = record.number
    offset = record.offset
    let video = try Video(record.payload)
    id = Array(video.id)
    frameCount = try video.read(schema, into: row)
    guard wantsLabels else { return }
    var found: Set<Int64> = []
    try video.forEachLabel { found.insert($0) }
    labels = try found.sorted().map { label in
      guard let label = Int32(exactly: label), label >= 0 else {
        throw ByteReader.Fault(offset: 0, problem: "label \(label) is not the number of a class")
      }
      return label
    }
  }
}

extension VideoSchema {
  /// What records must be like, for who has others.
  package var expectation: String {
    "the model takes \(level.rawValue)-level records with "
      + inputs.map { "\($0.name) of \($0.size) \(level == .frame ? "bytes a frame" : "floats")" }
      .joined(separator: " and ")
  }
}
