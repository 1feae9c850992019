import Bytes
import Foundation
import Records
import TestSupport
import Testing

/// Videos as the readers of YouTube-8M's starter code give them to a model (`Tests/Fixtures/ORIGIN.md`).
@Suite struct VideoTests {
  struct Expected: Decodable {
    let id: String
    let frames: Int
    let labels: [Int64]
    /// Of the float32 matrix, padded rows included.
    let sha256: String
  }

  struct Rated: Decodable {
    let id: String
    let ratings: Int
    let positives: Double
  }

  struct Outputs: Decodable {
    let frames: [Expected]
    let firstSixteenFrames: [Expected]
    let means: [Expected]
    let segments: [Rated]

    enum CodingKeys: String, CodingKey {
      case frames = "frame_test00"
      case firstSixteenFrames = "frame_test00_max16"
      case means = "video_videolevel00"
      case segments = "segment_validate0000"
    }
  }

  static let outputs = try? JSONDecoder().decode(
    Outputs.self, from: Data(fixtureBytes("records/tm/reader_outputs.json")))

  private func check(_ file: String, _ schema: VideoSchema, _ expected: [Expected]) throws {
    let payloads = try RecordsTests.payloads(of: fixture("records/tm/" + file))
    #expect(payloads.count == expected.count)
    let rows = schema.level == .frame ? schema.maxFrames : 1
    for (payload, expected) in zip(payloads, expected) {
      // Filled with what must not be left over.
      var batch = [Float](repeating: .nan, count: rows * schema.rowSize)
      try payload.withUnsafeBytes { bytes in
        let video = try Video(bytes)
        #expect(String(decoding: video.id, as: UTF8.self) == expected.id)
        var labels: [Int64] = []
        try video.forEachLabel { labels.append($0) }
        #expect(Set(labels) == Set(expected.labels))
        let frameCount = try batch.withUnsafeMutableBufferPointer { try video.read(schema, into: $0) }
        #expect(frameCount == expected.frames)
        #expect(try video.frameCount(schema) == expected.frames)
      }
      #expect(try sha256(batch.withUnsafeBytes { Array($0) }) == expected.sha256, "\(expected.id)")
    }
  }

  @Test func framesHaveTheReferencesBits() throws {
    let outputs = try #require(Self.outputs)
    var schema = VideoSchema(level: .frame, inputs: [.init("rgb", size: 24), .init("audio", size: 8)])
    try check("test00.tfrecord", schema, outputs.frames)
    schema.maxFrames = 16
    try check("test00.tfrecord", schema, outputs.firstSixteenFrames)
  }

  @Test func meansHaveTheReferencesBits() throws {
    let schema = VideoSchema(level: .video, inputs: [.init("mean_rgb", size: 24), .init("mean_audio", size: 8)])
    try check("videolevel00.tfrecord", schema, try #require(Self.outputs).means)
  }

  @Test func ratingsAreThoseOfTheReference() throws {
    let expected = try #require(Self.outputs).segments
    let payloads = try RecordsTests.payloads(of: fixture("records/tm/validate0000.tfrecord"))
    #expect(payloads.count == expected.count)
    for (payload, expected) in zip(payloads, expected) {
      try payload.withUnsafeBytes { bytes in
        let message = RecordMessage(bytes)
        #expect(String(decoding: try Video.id(of: message), as: UTF8.self) == expected.id)
        var text: [UInt8] = []
        try VideoColumns.appendSegments(of: message, to: &text)
        let scores = text.split(separator: UInt8(ascii: "\n")).map { line in
          Double(String(decoding: line.split(separator: UInt8(ascii: ",")).last ?? [], as: UTF8.self)) ?? .nan
        }
        #expect(scores.count == expected.ratings)
        #expect(scores.reduce(0, +) == expected.positives)
      }
    }
  }

  /// The starter code's own cache of these labels, made by its segment evaluation.
  @Test func segmentLinesAreTheReferencesCache() throws {
    var text: [UInt8] = []
    for payload in try payloads(of: fixture("records/tm/seg_labels0.tfrecord")) {
      try payload.withUnsafeBytes { try VideoColumns.appendSegments(of: RecordMessage($0), to: &text) }
    }
    #expect(text == fixtureBytes("records/tm/labels.cache.csv"))
  }

  @Test func errorsNameTheFeature() throws {
    let payload = try payloads(of: fixture("records/tm/test00.tfrecord"))[1]
    func problem(_ input: VideoSchema.Input) -> String? {
      let schema = VideoSchema(level: .frame, inputs: [input])
      var batch = [Float](repeating: 0, count: schema.maxFrames * schema.rowSize)
      do {
        _ = try payload.withUnsafeBytes { bytes in
          try batch.withUnsafeMutableBufferPointer { try Video(bytes).read(schema, into: $0) }
        }
        return nil
      } catch { return (error as? ByteReader.Fault)?.problem }
    }
    #expect(problem(.init("rgb", size: 24)) == nil)
    #expect(problem(.init("rgb", size: 25)) == "frame 0 of rgb has 24 bytes, not 25")
    #expect(problem(.init("video", size: 24)) == "there is no feature list video")
  }

  @Test func quantizationComesBack() {
    for byte in UInt8.min...UInt8.max {
      // The reference: q * (4 / 255) + (4 / 512 - 2).
      let exact = Double(byte) * 4 / 255 + 4.0 / 512 - 2
      #expect(abs(Double(FrameQuantization.dequantized(byte)) - exact) < 5e-7)
    }
  }
}
