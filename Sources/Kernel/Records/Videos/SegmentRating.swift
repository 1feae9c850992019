import Bytes

extension Video {
  /// A rating of a segment of five frames by a person.
  package struct SegmentRating: Equatable, Sendable {
    package let start: Int64
    package let label: Int64
    package let score: Float
  }

  /// The segment ratings of a record of the segment data set, in stored order; empty when there are none.
  package var segmentRatings: [SegmentRating] {
    get throws(ByteReader.Fault) { try Video.segmentRatings(of: message) }
  }

  /// The segment ratings of a record, whatever else it holds.
  package static func segmentRatings(of message: RecordMessage) throws(ByteReader.Fault) -> [SegmentRating] {
    var starts: [Int64] = []
    var labels: [Int64] = []
    var scores: [Float] = []
    try message.feature("segment_start_times")?.forEachInt64 { value throws(ByteReader.Fault) in
      starts.append(value)
    }
    try message.feature("segment_labels")?.forEachInt64 { value throws(ByteReader.Fault) in
      labels.append(value)
    }
    try message.feature("segment_scores")?.forEachFloats { run throws(ByteReader.Fault) in
      for index in 0..<run.count / 4 {
        let bits = UInt32(littleEndian: run.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        scores.append(Float(bitPattern: bits))
      }
    }
    guard starts.count == labels.count, labels.count == scores.count else {
      throw .init(
        offset: 0,
        problem:
          "\(starts.count) segment_start_times, \(labels.count) segment_labels and \(scores.count) segment_scores"
      )
    }
    return starts.indices.map { SegmentRating(start: starts[$0], label: labels[$0], score: scores[$0]) }
  }
}
