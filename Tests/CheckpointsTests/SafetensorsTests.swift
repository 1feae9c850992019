import Bytes
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Files of the reference library (Fixtures/containers/make.py), and files made to mislead.
@Suite struct SafetensorsTests {
  @Test(arguments: ["all.safetensors", "none.safetensors"]) func readsTheReferencesFiles(name: String) throws {
    let file = try SafetensorsFile(path: fixture("containers/\(name)"))
    try expectContents(of: file, ExpectedTensor.inContainer(name))
    if name == "all.safetensors" {
      #expect(file.metadata.map(\.key) == ["format"])
      #expect(file.metadata.map(\.value) == ["tf \"quoted\" é"])
    }
  }

  @Test(arguments: ["all.safetensors", "none.safetensors"])
  func rewritesTheReferencesFilesByteForByte(name: String) throws {
    let folder = TemporaryFolder()
    let source = try SafetensorsFile(path: fixture("containers/\(name)"))
    let metadata = Dictionary(uniqueKeysWithValues: source.metadata.map { ($0.key, $0.value) })
    for threads in [1, 3] {
      var progress: [Int] = []
      let path = folder("out\(threads).safetensors")
      let writer = try SafetensorsWriter(
        OutputPlan(copying: source), to: path, existing: .refuse, metadata: metadata)
      try writer.write(Workers(threads)) { progress.append($0) }
      #expect(contents(path) == fixtureBytes("containers/\(name)"))
      #expect(progress.last ?? 0 == source.tensors.reduce(0) { $0 + $1.byteCount })
    }
  }

  @Test func metadataIsWrittenInTheOrderOfItsKeys() throws {
    let folder = TemporaryFolder()
    let writer = try SafetensorsWriter(
      OutputPlan(copying: ListedTensors([])), to: folder("m"), existing: .refuse,
      metadata: ["b": "2", "a": "1", "c": ""])
    try writer.write(Workers(1))
    #expect(try SafetensorsFile(path: folder("m")).metadata.map(\.key) == ["a", "b", "c"])
  }

  @Test(arguments: [
    ("strings", DType.string, [] as [Int], "cannot hold string"), ("w", .complex128, [0], "cannot hold complex128"),
    ("w", .int4, [0], "cannot hold int4"), ("__metadata__", .float32, [0], "reserved"),
  ])
  func whatTheFormatLacksIsNamedBeforeAnyWork(name: String, dtype: DType, shape: [Int], problem: String) throws {
    let folder = TemporaryFolder()
    let source = ListedTensors([(TensorName(name), dtype, shape, [])])
    let error = try #require(throws: KernelError.self) {
      try SafetensorsWriter(OutputPlan(copying: source), to: folder("x"), existing: .refuse)
    }
    #expect(error.place == .tensor(name))
    #expect(error.problem.contains(problem))
    #expect(folder.names.isEmpty)
  }

  @Test func namesThatAreNotTextAreRefused() throws {
    let source = ListedTensors([(TensorName(utf8: [0x61, 0xff]), .uint8, [1], [1])])
    let error = try #require(throws: KernelError.self) {
      try SafetensorsWriter(OutputPlan(copying: source), to: TemporaryFolder()("x"), existing: .refuse)
    }
    #expect(error.problem.contains("not valid UTF-8"))
  }

  @Test func existingFilesAndMissingFoldersFailEarly() throws {
    let folder = TemporaryFolder()
    let plan = try OutputPlan(copying: ListedTensors([]))
    let path = folder.write([1], "there")
    #expect(throws: KernelError.self) { try SafetensorsWriter(plan, to: path, existing: .refuse) }
    #expect(throws: KernelError.self) { try SafetensorsWriter(plan, to: folder("no/x"), existing: .refuse) }
    #expect(contents(path) == [1])
  }
}

/// Abuse, in the manner of the reference's own `attacks` folder.
@Suite struct SafetensorsAbuseTests {
  static func file(_ header: String, length: UInt64? = nil, data: [UInt8] = []) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
  }

  static func open(_ bytes: [UInt8]) throws -> SafetensorsFile { try SafetensorsFile(ByteView(bytes), path: "x") }

  static func entry(_ name: String, _ dtype: String, _ shape: String, _ begin: String, _ end: String) -> String {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }

  static let attacks: [(header: String, dataCount: Int, reason: String)] = [
    ("{" + entry("a", "U8", "[4]", "0", "4") + "}", 3, "exceed"),
    ("{" + entry("a", "U8", "[4]", "0", "4") + "}", 5, "belong to no tensor"),
    ("{" + entry("a", "U8", "[4]", "4", "0") + "}", 4, "end before they begin"),
    ("{" + entry("a", "U8", "[3]", "0", "4") + "}", 4, "takes 3 bytes"),
    ("{" + entry("a", "U8", "[2]", "0", "2") + "," + entry("b", "U8", "[2]", "1", "3") + "}", 3, "overlap"),
    ("{" + entry("a", "U8", "[2]", "0", "2") + "," + entry("b", "U8", "[2]", "0", "2") + "}", 2, "overlap"),
    ("{" + entry("a", "U8", "[2]", "0", "2") + "," + entry("b", "U8", "[1]", "3", "4") + "}", 4, "hole"),
    ("{" + entry("a", "U8", "[1]", "1", "2") + "}", 2, "hole"),
    ("{" + entry("a", "U8", "[1]", "0", "1") + "," + entry("a", "U8", "[1]", "1", "2") + "}", 2, "appears twice"),
    ("{" + entry("a", "U8", "[1]", "0", "1") + "," + entry("\\u0061", "U8", "[1]", "1", "2") + "}", 2, "twice"),
    // Products that wrap to the stored size, as counts did in GGUF's CVE-2026-27940.
    ("{" + entry("a", "F32", "[4611686018427387905]", "0", "4") + "}", 4, "larger than any memory"),
    ("{" + entry("a", "U8", "[4294967296,4294967296]", "0", "0") + "}", 0, "larger than any memory"),
    (
      "{" + entry("a", "U8", "[9223372036854775807,2,0,3]", "0", "0") + "," + entry("b", "U8", "[1]", "0", "1")
        + "}",
      1, ""
    ),
    ("{" + entry("a", "U8", "[18446744073709551616]", "0", "0") + "}", 0, "64 bits"),
    ("{" + entry("a", "U8", "[18446744073709551615]", "0", "0") + "}", 0, "whole number"),
    ("{" + entry("a", "U8", "[-1]", "0", "0") + "}", 0, "whole number"),
    ("{" + entry("a", "U8", "[1.0]", "0", "1") + "}", 1, "whole number"),
    ("{" + entry("a", "U8", "[0]", "9223372036854775807", "9223372036854775807") + "}", 0, "hole"),
    ("{" + entry("a", "F4", "[2]", "0", "1") + "}", 1, "counterpart"),
    ("{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0, "lacks"),
    ("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0]}}", 0, "two numbers"),
    ("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0,0]}}", 0, "more than 2"),
    ("{\"a\":[]}", 0, "object"), ("[]", 0, "{"), ("", 0, "{"), (" {}", 0, "{"), ("{}x", 0, "follows"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "string"), ("{\"__metadata__\":[]}", 0, "object"),
    ("{" + entry("a", "U8", "[" + String(repeating: "1,", count: 300) + "1]", "0", "1") + "}", 1, "more than 254"),
  ]

  @Test(arguments: attacks) func attacksAreRefused(header: String, dataCount: Int, reason: String) throws {
    let bytes = Self.file(header, data: [UInt8](repeating: 0, count: dataCount))
    // One is no attack: an empty tensor may have any other dimensions, and lie where another begins.
    guard !reason.isEmpty else {
      #expect(try Self.open(bytes).tensors.map(\.byteCount) == [0, 1])
      return
    }
    let error = try #require(throws: KernelError.self) { try Self.open(bytes) }
    #expect(error.kind == .badData)
    #expect(error.problem.contains(reason))
  }

  @Test(arguments: [3, 100_000_001, 1 << 62, 1 << 63, UInt64.max]) func lyingHeaderLengths(length: UInt64) throws {
    let error = try #require(throws: KernelError.self) { try Self.open(Self.file("{}", length: length)) }
    #expect(error.place == .byte(0))
  }

  @Test func namesInErrorsCannotControlTheTerminal() throws {
    let header = "{" + Self.entry("\\u001b[31m", "U8", "[1]", "0", "2") + "}"
    let error = try #require(throws: KernelError.self) { try Self.open(Self.file(header, data: [0, 0])) }
    #expect(!error.description.utf8.contains(0x1b))
  }

  @Test func everyTruncationIsAnError() {
    let file = fixtureBytes("containers/all.safetensors")
    for length in 0..<file.count {
      #expect(throws: KernelError.self) { try Self.open(Array(file[..<length])) }
    }
  }

  @Test func damageNeverTraps() throws {
    let file = fixtureBytes("containers/all.safetensors")
    var random = SplitMix(seed: 3)
    var errors = 0
    for _ in 0..<20_000 {
      let damaged = random.damage(file)
      do { #expect(try readAll(Self.open(damaged)) < damaged.count) } catch is KernelError { errors += 1 }
    }
    #expect(errors > 5000)
  }
}
