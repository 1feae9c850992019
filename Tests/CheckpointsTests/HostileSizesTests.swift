import Bytes
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Files whose numbers are possible one by one, but together make sums overflow, memory run out or work never end.
@Suite struct HostileSizesTests {
  private let folder = TemporaryFolder()
  private let huge = 1 << 40

  /// A checkpoint `name` with these entries beside a data file of 16 zeros.
  private func bundle(
    _ name: String, _ entries: [(key: [UInt8], entry: BundleEntry)], shards: Int = 1
  ) throws -> Bundle {
    folder.write(BundleIndex.encode(BundleHeader(shardCount: shards), entries), name + ".index")
    folder.write(
      [UInt8](repeating: 0, count: 16), Path.name(of: Bundle.dataPath(folder(name), shard: 0, of: shards)))
    return try Bundle(prefix: folder(name))
  }

  private func entry(
    _ dimensions: [Int], _ dtype: DType = .float32, offset: Int = 0, crc: UInt32? = 0, slices: [TensorSlice] = []
  ) throws -> BundleEntry {
    let shape = try #require(Shape(dimensions))
    return BundleEntry(
      dtype: dtype, shape: shape, offset: offset, size: slices.isEmpty ? shape.byteCount(of: dtype) ?? 0 : 0,
      maskedCRC: crc, slices: slices)
  }

  private func slice(_ start: Int, _ length: Int) -> TensorSlice {
    TensorSlice([.init(start: start, length: length)])
  }

  /// The entry of a slice that lists slices itself had neither offset, size nor shard checked.
  @Test func slicesOfSlices() throws {
    var part = try entry([2], crc: nil, slices: [slice(0, 1)])
    part.offset = .max
    part.size = .max
    part.shard = 7
    let whole = try entry([2], crc: nil, slices: [slice(0, 2)])
    let error = #expect(throws: KernelError.self) {
      try bundle("m", [([UInt8]("w".utf8), whole), (slice(0, 2).key(of: "w"), part)])
    }
    #expect(error?.problem == "is a slice made of slices")
  }

  /// A thousand slices that all lie at the same bytes would make a small file any size in memory.
  @Test func slicesThatShareTheirBytes() throws {
    let slices = (0..<1000).map { slice(4 * $0, 4) }
    let parts = try slices.map {
      ($0.key(of: "w"), try entry([4], crc: CRC32C.mask(CRC32C.of([UInt8](repeating: 0, count: 16)))))
    }
    let source = try bundle("m", [([UInt8]("w".utf8), try entry([4000], crc: nil, slices: slices))] + parts)
    let error = #expect(throws: KernelError.self) { try source.contents(of: 0) }
    #expect(error?.problem.contains("have only 16") == true)
  }

  @Test func headersThatAnnounceBillionsOfDataFiles() throws {
    let source = try bundle("m", [([UInt8]("w".utf8), try entry([1]))], shards: Int(Int32.max))
    let error = #expect(throws: KernelError.self) {
      try BundleWriter(OutputPlan(copying: source), to: folder("out"), existing: .refuse)
    }
    #expect(error?.kind == .badData)
    #expect(try Verifier().verify(folder("m")).first?.isSound == false)
  }

  /// The counter became as many zeros as its shape announced.
  @Test func aGlobalStepOfAnySize() throws {
    let source = try bundle("m", try ["global_step", "w"].map { ([UInt8]($0.utf8), try entry([huge], .int64)) })
    let mean = try Averaging().plan(try CheckpointRun([source]))
    #expect(throws: KernelError.self) {
      try BundleWriter(mean, to: folder("out"), existing: .refuse).write(Workers(1))
    }
    let filled = try Filling(template: source, models: [source]).plan().plan
    #expect(throws: KernelError.self) {
      try BundleWriter(filled, to: folder("out"), existing: .refuse).write(Workers(1))
    }
  }

  @Test func stepsAtBothEndsOfTheirRange() throws {
    func checkpoint(_ name: String, _ step: Int64) throws -> Bundle {
      let bytes = withUnsafeBytes(of: step.littleEndian) { [UInt8]($0) }
      let crc = CRC32C.mask(CRC32C.of(bytes))
      let source = try bundle(name, [([UInt8]("global_step".utf8), try entry([], .int64, crc: crc))])
      folder.write(bytes, name + ".data-00000-of-00001")
      return source
    }
    let run = try CheckpointRun([try checkpoint("a", .min), try checkpoint("b", .max)])
    #expect(try MovingAverage(decay: 0.5).fold(run).tensors.count == 1)
  }

  @Test func sizesWhoseSumOverflowsInOtherContainers() throws {
    let source = try bundle("m", try ["a", "b", "c"].map { ([UInt8]($0.utf8), try entry([1 << 60])) })
    let plan = try OutputPlan(copying: source)
    for name in ["x.npz", "x.safetensors"] {
      let error = #expect(throws: KernelError.self) {
        try CheckpointWriter(plan, to: folder(name), existing: .refuse)
      }
      #expect(error?.kind == .io)
    }
  }

  /// An empty tensor may have dimensions whose product overflows before the zero is met.
  @Test func emptyTensorsOfLargeDimensions() throws {
    for dimensions in [[0, huge, huge, 5], [huge, huge, 0], [huge, 0, huge, huge]] {
      let source = try bundle("m", [([UInt8]("w".utf8), try entry(dimensions, crc: CRC32C.mask(0)))])
      let text = TextSink()
      try TensorText.write(source.tensors[0], source.checkedContents(of: 0).bytes, of: "m", to: text)
      #expect(text.bytes.isEmpty)
      for name in ["x.npz", "x.safetensors", "x"] {
        try CheckpointWriter(OutputPlan(copying: source), to: folder(name), existing: .replace).write(Workers(2))
        let copy = try openCheckpoint(folder(name))
        #expect(copy.tensors == source.tensors)
        #expect(try copy.checkedContents(of: 0).bytes.count == 0)
      }
    }
  }

  /// TensorFlow takes a checksum that is left out for 0, since that is how protobuf writes a zero.
  @Test func checksumsThatAreLeftOut() throws {
    let source = try bundle("m", [([UInt8]("w".utf8), try entry([4], crc: nil))])
    #expect(throws: KernelError.self) { try source.checkedContents(of: 0) }
    #expect(source.index.tensors[0].entry.encoded == (try entry([4], crc: nil)).encoded)
    #expect((try entry([4], crc: 0)).encoded == (try entry([4], crc: nil)).encoded)
  }

  /// Names that are not UTF-8 were changed by expressions that do not match them.
  @Test func namesThatAreNotUTF8StayWhatTheyAre() throws {
    let name = TensorName(utf8: [0x77, 0xff, 0x2f, 0x61])
    #expect(try Renaming(substitutions: ["s/q/r/"])(name) == name)
    #expect(try Renaming(substitutions: ["s/a$/b/"])(name) == TensorName(utf8: [0x77, 0xff, 0x2f, 0x62]))
  }
}

/// Keeps what it is given.
private final class TextSink: ByteSink {
  private(set) var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) throws { self.bytes += bytes }
}
