import Bytes
import Foundation
import Records
import TestSupport
import Testing

/// Made-up data: the bytes are settled (Fixtures/records/videos/synth.json), and TensorFlow has read them.
@Suite struct SynthesisTests {
  /// What TensorFlow found in a record.
  struct Facts: Decodable {
    var id: String
    var labels: [Int64]
    var rgb: [Int]?
    var audio: [Int]?
    var canonical: Bool
    var meanRGB: Int?
    var segmentStartTimes: [Int64]?
    var segmentEndTimes: [Int64]?
    var segmentLabels: [Int64]?
    var segmentScores: [Float]?

    enum CodingKeys: String, CodingKey {
      case id, labels, rgb, audio, canonical
      case meanRGB = "mean_rgb"
      case segmentStartTimes = "segment_start_times"
      case segmentEndTimes = "segment_end_times"
      case segmentLabels = "segment_labels"
      case segmentScores = "segment_scores"
    }
  }

  struct FileFacts: Decodable {
    var sha256: String
    var records: [Facts]
  }

  static func facts() throws -> [String: FileFacts] {
    try JSONDecoder().decode([String: FileFacts].self, from: Data(fixtureBytes("records/videos/synth.json")))
  }

  /// The options that the facts are of.
  static func synthesis(_ level: Synthesis.Level) -> Synthesis {
    var synthesis = Synthesis()
    synthesis.level = level
    synthesis.videos = 0..<12
    synthesis.frames = 10...20
    synthesis.fakes = 0.25
    synthesis.classCount = 200
    synthesis.seed = 5
    return synthesis
  }

  static func write(_ synthesis: Synthesis, _ prefix: String, threads: Int = 2) throws -> [String] {
    try synthesis.write(prefix, existing: .refuse, Workers(threads))
    return ShardNames(prefix, count: synthesis.shardCount).paths
  }

  @Test(arguments: Synthesis.Level.allCases) func bytesAreSettled(_ level: Synthesis.Level) throws {
    let folder = TemporaryFolder()
    let expected = try #require(try Self.facts()[level.rawValue])
    for threads in [1, 3] {
      let paths = try Self.write(Self.synthesis(level), folder("\(threads)"), threads: threads)
      #expect(try sha256(contents(paths[0])) == expected.sha256)
    }
    #expect(expected.records.allSatisfy { $0.canonical })
  }

  @Test func levelsOfTheSameNumbersAreTheSameVideos() throws {
    let facts = try Self.facts()
    let videos = try #require(facts["video"]?.records)
    for level in ["frame", "segment"] {
      let records = try #require(facts[level]?.records)
      #expect(records.map(\.id) == videos.map(\.id))
      #expect(records.map(\.labels) == videos.map(\.labels))
      for record in records {
        #expect((10...20).contains(record.rgb?.count ?? 0))
        #expect(record.rgb?.allSatisfy { $0 == 1024 } == true)
        #expect(record.audio == record.rgb?.map { _ in 128 })
      }
    }
    #expect(videos.allSatisfy { $0.meanRGB == 1024 })
    #expect(Set(videos.map(\.id)).count == videos.count)
    #expect(videos.allSatisfy { $0.id.utf8.count == 4 })
  }

  @Test func ratingsAreAsInTheSegmentData() throws {
    let records = try #require(try Self.facts()["segment"]?.records)
    var scores = Set<Float>()
    for record in records {
      let starts = try #require(record.segmentStartTimes)
      #expect(starts == Array(Set(starts)).sorted())
      #expect(starts.allSatisfy { $0 % 5 == 0 && $0 + 5 <= Int64(record.rgb?.count ?? 0) })
      #expect(record.segmentEndTimes == starts.map { $0 + 5 })
      #expect(record.segmentLabels?.count == starts.count)
      #expect(record.segmentLabels?.allSatisfy { record.labels.contains($0) } == true)
      scores.formUnion(record.segmentScores ?? [])
    }
    #expect(scores == [0, 1])
  }

  @Test func shardsAndPartsMakeUpTheWhole() throws {
    let folder = TemporaryFolder()
    var synthesis = Self.synthesis(.video)
    let whole = contents(try Self.write(synthesis, folder("whole"))[0])
    synthesis.shardCount = 5
    #expect(try Self.write(synthesis, folder("shards")).flatMap(contents) == whole)
    synthesis.shardCount = 1
    synthesis.videos = 0..<7
    let first = try Self.write(synthesis, folder("first"))[0]
    synthesis.videos = 7..<12
    #expect(try contents(first) + contents(Self.write(synthesis, folder("second"))[0]) == whole)
    synthesis.videos = 12..<12
    #expect(try contents(Self.write(synthesis, folder("none"))[0]).isEmpty)
  }

  /// The bytes of the whole features are settled above.
  @Test(arguments: [Synthesis.Level.video, .frame]) func smallFeaturesAreTheFirstNumbers(
    _ level: Synthesis.Level
  ) throws {
    let folder = TemporaryFolder()
    var synthesis = Self.synthesis(level)
    let whole = try Self.write(synthesis, folder("whole"))[0]
    synthesis.featureSizes = (5, 3)
    let small = try Self.write(synthesis, folder("small"))[0]
    let (wide, narrow) = (try Self.rows(of: whole, level, 1024, 128), try Self.rows(of: small, level, 5, 3))
    #expect(narrow.count == 12)
    for (wide, narrow) in zip(wide, narrow) {
      #expect(wide.count / 1152 == narrow.count / 8)
      for frame in 0..<wide.count / 1152 {
        let row = wide[frame * 1152..<(frame + 1) * 1152]
        #expect(
          Array(narrow[frame * 8..<(frame + 1) * 8]) == Array(row.prefix(5)) + Array(row.dropFirst(1024).prefix(3)))
      }
    }
  }

  /// The numbers of each video, frame by frame.
  static func rows(of path: String, _ level: Synthesis.Level, _ image: Int, _ sound: Int) throws -> [[Float]] {
    let prefix = level == .video ? "mean_" : ""
    var schema = VideoSchema(
      level: level == .video ? .video : .frame,
      inputs: [.init(prefix + "rgb", size: image), .init(prefix + "audio", size: sound)])
    schema.maxFrames = level == .video ? 1 : 20
    return try payloads(of: path).map { payload in
      var row = [Float](repeating: 0, count: schema.maxFrames * schema.rowSize)
      let frames = try payload.withUnsafeBytes { payload in
        try row.withUnsafeMutableBufferPointer { try Video(payload).read(schema, into: $0) }
      }
      return Array(row[..<(frames * schema.rowSize)])
    }
  }

  /// The spread of mean_rgb is what fakes are told by: at most 0.1, and clearly more for others.
  @Test(arguments: [Synthesis.Level.video, .frame]) func fakesHaveNearlyConstantMeans(
    _ level: Synthesis.Level
  ) throws {
    let folder = TemporaryFolder()
    var synthesis = Self.synthesis(level)
    synthesis.videos = 0..<40
    var path = try Self.write(synthesis, folder("made"))[0]
    if level == .frame {
      let writer = try RecordWriter(folder("pooled"), existing: .refuse)
      try FramePooling([path], Workers(2)).run(into: writer)
      try writer.commit()
      path = folder("pooled")
    }
    var row = [Float](repeating: 0, count: 1152)
    let spreads = try payloads(of: path).map { payload in
      try payload.withUnsafeBytes { payload in
        let video = try Video(payload)
        try row.withUnsafeMutableBufferPointer { row in _ = try video.read(.youTube8M(.video), into: row) }
        let mean = row[..<1024].reduce(0, +) / 1024
        return (row[..<1024].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1024).squareRoot()
      }
    }
    let fakes = spreads.filter { $0 <= 0.1 }
    // 40 draws of probability 1/4.
    #expect((3...18).contains(fakes.count))
    #expect(spreads.filter { $0 > 0.1 }.allSatisfy { $0 > 0.18 })
  }

  @Test func idsOfAWorldDiffer() throws {
    let folder = TemporaryFolder()
    var synthesis = Synthesis()
    synthesis.level = .video
    synthesis.classCount = 1
    synthesis.videos = (Synthesis.worldSize - 300)..<Synthesis.worldSize
    let ids = try payloads(of: Self.write(synthesis, folder("end"))[0]).map { payload in
      try payload.withUnsafeBytes { Array(try Video.id(of: RecordMessage($0))) }
    }
    #expect(Set(ids).count == 300)
  }

  @Test func labelsHaveALongTail() throws {
    let folder = TemporaryFolder()
    var synthesis = Synthesis()
    synthesis.level = .video
    synthesis.videos = 0..<600
    let path = try Self.write(synthesis, folder("made"))[0]
    let statistics = try VideoStatistics([path], .init(), Workers(2))
    #expect((2.0...4.0).contains(statistics.labelsPerVideo.mean))
    let counts = statistics.labels.sorted.map(\.count).sorted(by: >)
    // The most frequent class is in a tenth to a third of the videos, most classes are in one or two.
    #expect((60...200).contains(counts[0]))
    #expect(counts.count > 300)
    #expect(counts[counts.count / 2] <= 2)
  }

  @Test func senselessOptionsAreRefused() throws {
    func problem(_ change: (inout Synthesis) -> Void) -> String? {
      var synthesis = Synthesis()
      change(&synthesis)
      do { try synthesis.validate() } catch { return (error as? KernelError)?.problem }
      return nil
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.classCount = 0 }?.contains("classes") == true)
    #expect(problem { $0.shardCount = 0 }?.contains("shards") == true)
    #expect(problem { $0.frames = 1...5 }?.contains("frames") == true)
    #expect(problem { $0.frames = 10...5000 }?.contains("frames") == true)
    #expect(problem { $0.fakes = 1.5 }?.contains("fraction") == true)
    #expect(problem { $0.fakes = .nan }?.contains("fraction") == true)
    #expect(problem { $0.featureSizes.image = 1025 }?.contains("rgb can have 1 to 1024") == true)
    #expect(problem { $0.featureSizes.sound = 0 }?.contains("audio can have 1 to 128") == true)
    #expect(problem { $0.videos = 0..<(Synthesis.worldSize + 1) }?.contains("videos") == true)
  }
}
