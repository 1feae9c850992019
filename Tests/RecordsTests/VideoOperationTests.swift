import Bytes
import Foundation
import Records
import Tensors
import TestSupport
import Testing

/// Pooling, statistics and arrays against numpy and TensorFlow (Fixtures/records/videos/make.py).
@Suite struct VideoOperationTests {
  static func path(_ name: String) -> String { fixture("records/videos/" + name) }

  @Test(arguments: [(false, "pooled.tfrecord"), (true, "pooled_std.tfrecord")])
  func poolingIsNumpysMean(_ addsDeviation: Bool, _ expected: String) throws {
    for threads in [1, 3] {
      let sink = CollectingSink()
      let writer = RecordWriter(to: sink)
      let pooling = FramePooling([Self.path("frames.tfrecord")], Workers(threads), addsDeviation: addsDeviation)
      try pooling.run(into: writer)
      try writer.commit()
      #expect(sink.bytes == contents(Self.path(expected)))
    }
  }

  /// A record of `build`'s, alone in a file.
  static func file(_ folder: TemporaryFolder, _ build: (inout ExampleBuilder) -> Void) throws -> String {
    var builder = ExampleBuilder()
    build(&builder)
    return folder.write(try recordBytes([builder.payload]), "made.tfrecord")
  }

  static func problem(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return (error as? KernelError)?.problem ?? "\(error)" }
    return nil
  }

  @Test func whatCannotBePooledIsNamed() throws {
    func problem(_ build: (inout ExampleBuilder) -> Void) throws -> String? {
      let folder = TemporaryFolder()
      let path = try Self.file(folder, build)
      return Self.problem { try FramePooling([path], Workers(1)).run(into: RecordWriter(to: CollectingSink())) }
    }
    let id = { (builder: inout ExampleBuilder) in builder.feature("id") { $0.bytes { $0.add([65]) } } }
    #expect(try problem { $0.features(id) } == "record 0: there is no feature list: not a video with frames")
    #expect(try problem { $0.features { _ in } } == "record 0: there is no feature id")
    #expect(
      try problem {
        $0.features(id)
        $0.featureLists { $0.list("rgb") { _ in } }
      } == "record 0: feature list rgb has no frames")
    #expect(
      try problem {
        $0.features(id)
        $0.featureLists {
          $0.list("rgb") {
            $0.step { $0.bytes { $0.add([1, 2]) } }
            $0.step { $0.bytes { $0.add([1]) } }
          }
        }
      } == "record 0: frame 1 of rgb is not one string of as many bytes as the first")
  }

  struct Moments: Decodable {
    var count: Int
    var mean: Double
    var std: Double
    var min: Double
    var max: Double
    var histogram: [Int]
  }

  @Test func statisticsAreNumpys() throws {
    let expected = try JSONDecoder().decode(
      [String: Moments].self, from: Data(contents(Self.path("statistics.json"))))
    var options = VideoStatistics.Options()
    options.bins = 8
    options.range = -1...1
    let files = ["frames.tfrecord", "pooled.tfrecord"].map(Self.path)
    let statistics = try VideoStatistics(files, options, Workers(2))
    #expect(statistics.recordCount == 18)
    #expect(statistics.items.map(\.name) == expected.keys.sorted())
    for item in statistics.items {
      let numbers = try #require(expected[item.name])
      #expect(item.moments.count == numbers.count)
      #expect(abs(item.moments.mean - numbers.mean) < 1e-13)
      #expect(abs((item.moments.deviation ?? 0) - numbers.std) < 1e-13)
      #expect(item.moments.minimum == numbers.min)
      #expect(item.moments.maximum == numbers.max)
      #expect(item.histogram.counts.reduce(item.histogram.below + item.histogram.above, +) == numbers.count)
      // Bytes are counted by their cells, whose edges numpy meets only up to rounding.
      if item.name.hasPrefix("mean") { #expect(item.histogram.counts == numbers.histogram) }
    }
    #expect(statistics.framesPerVideo.sorted.map(\.value) == [1, 2, 3, 4, 5, 6, 7, 300])
    #expect(statistics.framesPerVideo.median == 4)
    #expect(statistics.labels.sorted.map(\.value) == [0, 1, 2, 3, 4, 5, 7, 300, 70000])
    // A label that a video has twice counts once.
    #expect(statistics.labels.sorted.first { $0.value == 7 }?.count == 2)
  }

  @Test func statisticsDoNotDependOnThreadsOrCompression() throws {
    let folder = TemporaryFolder()
    var synthesis = Synthesis()
    synthesis.level = .video
    synthesis.videos = 0..<450
    let plain = try SynthesisTests.write(synthesis, folder("a"))[0]
    let writer = try RecordWriter(folder("a.gz"), existing: .refuse)
    try RecordCopying([plain], Workers(2)).run(into: writer)
    try writer.commit()
    let one = try VideoStatistics([plain], .init(), Workers(1))
    for (path, threads) in [(plain, 3), (folder("a.gz"), 2)] {
      let other = try VideoStatistics([path], .init(), Workers(threads))
      #expect(one.items.map(\.moments) == other.items.map(\.moments))
      #expect(one.items.map(\.histogram) == other.items.map(\.histogram))
      #expect(one.labels == other.labels)
    }
  }

  @Test func notFiniteNumbersAreCountedApart() throws {
    let folder = TemporaryFolder()
    let path = try Self.file(folder) {
      $0.features { $0.feature("x") { $0.floats([1, .nan, 3, .infinity, -.infinity, 70]) } }
    }
    let item = try #require(try VideoStatistics([path], .init(), Workers(1)).items.first)
    #expect(item.notFiniteCount == 3)
    #expect(item.moments.count == 3 && item.moments.minimum == 1 && item.moments.maximum == 70)
    #expect(item.histogram.above == 2)
  }

  @Test func plotScriptsHaveAPanelForWhatThereIs() throws {
    let frames = try VideoStatistics([Self.path("frames.tfrecord")], .init(), Workers(1)).plotScript
    #expect(frames.contains("layout 2,2") && frames.contains("title 'rgb'"))
    #expect(frames.split(separator: "\n").filter { $0.hasPrefix("plot ") }.count == 4)
    let means = try VideoStatistics([Self.path("pooled.tfrecord")], .init(), Workers(1)).plotScript
    #expect(means.split(separator: "\n").filter { $0.hasPrefix("plot ") }.count == 3)
    // A name that would end the string it stands in.
    let folder = TemporaryFolder()
    let path = try Self.file(folder) { $0.features { $0.feature("a'; !\n") { $0.floats([1]) } } }
    #expect(try VideoStatistics([path], .init(), Workers(1)).plotScript.contains("title 'a''; !\\n'"))
  }

  @Test(arguments: ["frames", "pooled"]) func arraysAreThoseOfNumpy(_ name: String) throws {
    let folder = TemporaryFolder()
    for threads in [1, 3] {
      let path = folder("\(threads).npz")
      let count = try VideoArrays.write(
        [Self.path(name + ".tfrecord")], to: path, existing: .refuse, Workers(threads))
      #expect(count == 9)
      #expect(contents(path) == contents(Self.path(name + ".npz")))
    }
  }

  @Test(arguments: ["frames", "pooled"]) func arraysBecomeTheRecordsAgain(_ name: String) throws {
    let sink = CollectingSink()
    let writer = RecordWriter(to: sink)
    try VideoArrays.readRecords(of: Self.path(name + ".npz"), into: writer, Workers(2))
    try writer.commit()
    let folder = TemporaryFolder()
    let back = try payloads(of: folder.write(sink.bytes, "back.tfrecord"))
    let original = try payloads(of: Self.path(name + ".tfrecord"))
    #expect(back.count == original.count)
    // Video 6 has no labels, which in arrays is the same as an empty list of them.
    for number in original.indices where number != 6 { #expect(back[number] == original[number]) }
    let last = try back[6].withUnsafeBytes { try RecordMessage($0).feature("labels")?.count }
    #expect(last == 0)
  }

  @Test func arraysOfAnotherLayoutAreRefused() throws {
    let folder = TemporaryFolder()
    let bytes = contents(Self.path("frames.npz"))
    func problem(_ bytes: [UInt8]) -> String? {
      let path = folder.write(bytes, "changed.npz")
      return Self.problem {
        try VideoArrays.readRecords(of: path, into: RecordWriter(to: CollectingSink()), Workers(1))
      }
    }
    #expect(problem(bytes) == nil)
    #expect(problem(Array(bytes.dropLast(9))) != nil)
    let other = fixture("containers/savez.npz")
    #expect(problem(contents(other))?.contains("there is no array id") == true)
  }

  /// An archive of two ids and of values with these offsets.
  static func archive(_ path: String, offsets: [Int64], values: [Int64]) throws {
    let two = try #require(Shape([2]))
    let id = try #require(NpyHeader.bytes(ofStrings: 1, shape: two))
    func header(_ count: Int) throws -> [UInt8] {
      let shape = try #require(Shape([count]))
      return try #require(NpyHeader.bytes(of: .int64, shape: shape))
    }
    let archive = try NpzArrays(
      [
        .init(name: "id", header: id, byteCount: 2),
        .init(name: "labels", header: header(values.count), byteCount: 8 * values.count),
        .init(name: "labels_offsets", header: header(offsets.count), byteCount: 8 * offsets.count),
      ], to: path, existing: .replace)
    try archive.write([65, 66], to: 0)
    for (number, numbers) in [(1, values), (2, offsets)] {
      try numbers.withUnsafeBytes { try archive.write($0, to: number) }
    }
    try archive.commit()
  }

  @Test(
    arguments: [[0, 3, 2], [1, 1, 2], [0, 1, 3], [0, 2], [0, -1, 2], [0, .max, 2], []] as [[Int64]])
  func lyingOffsetsAreRefused(_ offsets: [Int64]) throws {
    let folder = TemporaryFolder()
    func problem(_ offsets: [Int64]) throws -> String? {
      try Self.archive(folder("a.npz"), offsets: offsets, values: [7, 8])
      return Self.problem {
        try VideoArrays.readRecords(
          of: folder("a.npz"), into: RecordWriter(to: CollectingSink()), Workers(1))
      }
    }
    #expect(try problem([0, 1, 2]) == nil)
    #expect(["does not rise from 0 to 2", "is not a row of 3 int64"].contains(try problem(offsets)))
  }

  @Test func damagedArchivesNeverTrap() throws {
    let folder = TemporaryFolder()
    let bytes = contents(Self.path("frames.npz"))
    var random = SplitMix(seed: 11)
    var refusals = 0
    for _ in 0..<500 {
      let path = folder.write(random.damage(bytes), "damaged.npz")
      let problem = Self.problem {
        try VideoArrays.readRecords(of: path, into: RecordWriter(to: CollectingSink()), Workers(1))
      }
      refusals += problem == nil ? 0 : 1
    }
    // Only bits that nobody reads, such as those of a local header's date, may pass.
    #expect(refusals > 300)
  }

  @Test func featuresThatNoArrayHoldsAreNamed() throws {
    let folder = TemporaryFolder()
    func problem(_ build: (inout ExampleBuilder) -> Void) throws -> String? {
      let path = try Self.file(folder, build)
      return Self.problem {
        _ = try VideoArrays.write([path], to: folder("out.npz"), existing: .replace, Workers(1))
      }
    }
    #expect(try problem { $0.features { $0.feature("id") { $0.bytes { $0.add([65]) } } } } == nil)
    #expect(
      try problem { $0.features { $0.feature("id") { $0.bytes { $0.add([65, 0]) } } } }?
        .contains("ends in a zero byte") == true)
    #expect(
      try problem {
        $0.features { builder in
          builder.feature("words") {
            $0.bytes {
              $0.add([65])
              $0.add([66])
            }
          }
        }
      } == "feature words is not one byte string in every record")
    #expect(
      try problem {
        $0.featureLists {
          $0.list("rgb") {
            $0.step { $0.bytes { $0.add([1, 2]) } }
            $0.step { $0.bytes { $0.add([1]) } }
          }
        }
      } == "record 0: the frames of rgb have 1 to 2 bytes: no array can hold them")
    #expect(
      try problem { $0.featureLists { $0.list("rgb") { $0.step { $0.floats([1]) } } } }
        == "record 0: a step of rgb is not one byte string")
  }
}
