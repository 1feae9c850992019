import Bytes
import Records
import TestSupport
import Testing

@testable import Training

@Suite struct EventTests {
  /// The numbers of `tensorflow.core.framework.summary_pb2` and the buckets of TensorFlow 1.15's
  /// `tf.summary.histogram` of the same values (`Tests/Interop/events.py` asks it about many more).
  @Test func bucketsAreTensorFlows() throws {
    let values: [Float] = [0, 1, -1, 0.5, 0.5, 1e-13, 3e21, -2.5]
    let histogram = try values.withUnsafeBufferPointer { try ValueHistogram($0, Workers(2)) }
    #expect(histogram.count == 8 && histogram.min == -2.5 && histogram.max == Double(Float(3e21)))
    let full = histogram.buckets.filter { $0.count > 0 }
    #expect(full.map(\.count) == [1, 1, 2, 2, 1, 1])
    #expect(full.last?.limit == .greatestFiniteMagnitude)
  }

  @Test func partsOfManyNumbersJoin() throws {
    var random = SplitMix(seed: 3)
    let values = (0..<3_000_000).map { _ in Float.random(in: -1...1, using: &random) }
    let (one, many) = try values.withUnsafeBufferPointer {
      (try ValueHistogram($0, Workers(1)), try ValueHistogram($0, Workers(3)))
    }
    #expect(one.sum == many.sum && one.sumOfSquares == many.sumOfSquares && one.count == values.count)
    #expect(one.buckets.map(\.count) == many.buckets.map(\.count))
    #expect(one.buckets.reduce(0) { $0 + $1.count } == values.count)
  }

  @Test func aFileBeginsWithItsVersion() throws {
    let folder = TemporaryFolder()
    let file = try EventFile(in: folder.path, clock: { 1_500_000_000.25 })
    var event = SummaryEvent()
    event.add("loss", 1.5)
    try file.write(event, step: 300)
    try file.write(SummaryEvent(), step: 301)
    #expect(Path.name(of: file.path).hasPrefix("events.out.tfevents.1500000000."))
    var payloads: [[UInt8]] = []
    try RecordScan([file.path], Workers(1)).forEachSlice { slice in
      try slice.forEach { record in
        #expect(record.isIntact)
        payloads.append([UInt8](record.payload))
      }
    }
    let time: [UInt8] = [0x09, 0, 0, 0x10, 0xc0, 0x0b, 0x5a, 0xd6, 0x41]
    #expect(
      payloads == [
        time + [0x1a, 13] + Array("brain.Event:2".utf8),
        time + [0x10, 0xac, 0x02, 0x2a, 13, 0x0a, 11, 0x0a, 4] + Array("loss".utf8) + [0x15, 0, 0, 0xc0, 0x3f],
      ])
    let other = try EventFile(in: folder.path, clock: { 1_500_000_000.25 })
    #expect(other.path != file.path)
  }
}
