import Bytes
import Foundation
import Inference
import Records
import TestSupport
import Testing

struct BatchTests {
  private let schema = VideoSchema(
    level: .frame, inputs: [.init("rgb", size: 24), .init("audio", size: 8)], maxFrames: 20)
  private let files = ["records/tm/test00.tfrecord", "records/tm/validate0000.tfrecord"].map(fixture)

  /// Ids, numbers of frames and features of all videos, with the sizes of the batches.
  private func all(
    _ batchSize: Int, shard: RecordShard? = nil, skipping: Int = 0, readers: Int = 1, isOverlapped: Bool = true
  ) throws -> (ids: [[UInt8]], features: [Float], sizes: [Int]) {
    var (ids, features, sizes): ([[UInt8]], [Float], [Int]) = ([], [], [])
    let reader = BatchReader(
      files, schema, batchSize: batchSize, shard: shard, skipping: skipping, readers: Workers(readers))
    try reader.forEachBatch(isOverlapped: isOverlapped) { batch in
      ids += batch.members.map(\.id)
      features += batch.features.array(of: Float.self)
      sizes.append(batch.count)
      #expect(batch.features.shape.dimensions == [batch.count, 20, 32])
    }
    return (ids, features, sizes)
  }

  @Test func batchesAreTheRecordsInOrder() throws {
    let whole = try all(1000)
    #expect(whole.sizes.count == 1)
    var expected: [[UInt8]] = []
    var features: [Float] = []
    try RecordScan(files, Workers(1)).forEachSlice { slice in
      try slice.forEach { record in
        let video = try Video(record.payload)
        expected.append([UInt8](video.id))
        var row = [Float](repeating: -1, count: 20 * 32)
        _ = try row.withUnsafeMutableBufferPointer { try video.read(schema, into: $0) }
        features += row
      }
    }
    #expect(whole.ids == expected)
    #expect(whole.features == features)
    for (size, readers, isOverlapped) in [(1, 1, true), (5, 3, true), (7, 2, false), (expected.count, 5, true)] {
      let parts = try all(size, readers: readers, isOverlapped: isOverlapped)
      #expect(parts.ids == expected && parts.features == features)
      #expect(parts.sizes.dropLast().allSatisfy { $0 == size })
    }
  }

  @Test func shardsAndSkippedRecordsAreLeftOut() throws {
    let ids = try all(1000).ids
    let part = try all(4, shard: RecordShard(1, of: 3)).ids
    #expect(part == ids.indices.filter { $0 % 3 == 1 }.map { ids[$0] })
    #expect(try all(4, shard: RecordShard(1, of: 3), skipping: 2).ids == Array(part.dropFirst(2)))
    #expect(try all(3, skipping: ids.count - 1).ids == [ids[ids.count - 1]])
    #expect(try all(3, skipping: ids.count + 5).ids.isEmpty)
  }

  @Test func labelsAreASet() throws {
    var labels: [Int32] = []
    let reader = BatchReader(files, schema, batchSize: 50, wantsLabels: true, readers: Workers(1))
    try reader.forEachBatch { labels += $0.members.flatMap(\.labels) }
    #expect(!labels.isEmpty)
    var expected: [Int32] = []
    try RecordScan(files, Workers(1)).forEachSlice { slice in
      try slice.forEach { record in
        var found: Set<Int32> = []
        try Video(record.payload).forEachLabel { found.insert(Int32($0)) }
        expected += found.sorted()
      }
    }
    #expect(labels == expected)
  }

  @Test func damageIsToldAfterTheBatchesBeforeIt() throws {
    let folder = TemporaryFolder()
    var bytes = contents(files[0])
    bytes[bytes.count - 100] ^= 1
    let damaged = folder.write(bytes, "damaged.tfrecord")
    for (path, place) in [
      (damaged, "the checksum of record"), (folder.write(bytes.dropLast(3), "cut"), "are left"),
    ] {
      var count = 0
      let text = complaint {
        try BatchReader([path], schema, batchSize: 2, readers: Workers(2)).forEachBatch { count += $0.count }
      }
      #expect(text.hasPrefix(path + ": byte ") && text.contains(place))
      #expect(count > 0 && count % 2 == 0)
    }
  }

  @Test func otherRecordsAreRefused() throws {
    let wide = VideoSchema(level: .frame, inputs: [.init("rgb", size: 1024)], maxFrames: 20)
    let reader = BatchReader(files, wide, batchSize: 2, readers: Workers(1))
    do { _ = try reader.next() } catch let error as KernelError {
      #expect(error.problem == "record 0: frame 0 of rgb has 24 bytes, not 1024")
      #expect(error.hint == "the model takes frame-level records with rgb of 1024 bytes a frame")
    }
    let means = VideoSchema(level: .video, inputs: [.init("mean_rgb", size: 24)])
    #expect(
      complaint { _ = try BatchReader(files, means, batchSize: 2, readers: Workers(1)).next() }
        .hasSuffix("record 0: there is no feature mean_rgb"))
  }

  @Test func batchesBeyondTheMemoryAreRefused() throws {
    let huge = VideoSchema(level: .frame, inputs: [.init("rgb", size: 24)], maxFrames: 1 << 50)
    #expect(
      complaint { _ = try BatchReader(files, huge, batchSize: 2, readers: Workers(1)).next() }
        == "the features of 2 videos do not fit the memory of this machine")
  }
}
