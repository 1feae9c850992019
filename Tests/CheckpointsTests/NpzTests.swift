import Bytes
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Archives of numpy (Fixtures/containers/make.py), and archives made to mislead.
@Suite struct NpzTests {
  static let files = ["savez", "savez_compressed", "strings", "strings_compressed", "streamed"]

  @Test(arguments: files) func readsWhatNumpyWrote(name: String) throws {
    let file = try NpzFile(path: fixture("containers/\(name).npz"))
    try expectContents(of: file, ExpectedTensor.inContainer("\(name).npz"))
  }

  @Test func writesWhatNumpyWrites() throws {
    let folder = TemporaryFolder()
    let source = try NpzFile(path: fixture("containers/savez.npz"))
    for threads in [1, 3] {
      let path = folder("out\(threads).npz")
      try NpzWriter(OutputPlan(copying: source), to: path, existing: .refuse).write(Workers(threads))
      #expect(contents(path) == fixtureBytes("containers/savez.npz"))
    }
  }

  /// More members than 16 bits count need the ZIP64 end record.
  @Test func directoriesOfManyMembersComeBack() throws {
    var records: [ZipRecord] = []
    var file: [UInt8] = []
    for number in 0..<66_000 {
      let record = ZipRecord(name: Array("\(number).npy".utf8), size: 1, offset: file.count)
      file += record.local + [UInt8(truncatingIfNeeded: number)]
      records.append(record)
    }
    let directory = try ZipDirectory(ByteView(file + ZipRecord.directory(of: records, at: file.count)), path: "x")
    #expect(directory.members.map(\.name) == records.map(\.name))
    #expect(directory.members.last.map { file[$0.data.lowerBound] } == UInt8(truncatingIfNeeded: 65_999))
  }

  @Test(arguments: [
    (TensorName("s"), DType.string, "cannot hold string"), ("w", .int4, "cannot hold int4"),
    ("w", .float8E5M2, "cannot hold float8_e5m2"), (TensorName(utf8: [0xff]), .uint8, "UTF-8"),
    (TensorName(utf8: [0x61, 0, 0x62]), .uint8, "zero byte"),
    (TensorName(String(repeating: "n", count: 65_532)), .uint8, "too long"),
  ])
  func whatTheFormatLacksIsNamedBeforeAnyWork(name: TensorName, dtype: DType, problem: String) throws {
    let folder = TemporaryFolder()
    let plan = try OutputPlan(copying: ListedTensors([(name, dtype, [0], [])]))
    let error = try #require(throws: KernelError.self) { try NpzWriter(plan, to: folder("x"), existing: .refuse) }
    #expect(error.problem.contains(problem))
    #expect(error.place == .tensor(name.description))
    #expect(folder.names.isEmpty)
  }
}

@Suite struct NpzAbuseTests {
  /// Strings are held in memory from the start, each with 64 bytes around it.
  @Test func stringsThatTakeTooMuchMemory() throws {
    let count = 6_000_000
    var array = try #require(NpyHeader.bytes(of: .uint8, shape: Shape([count])!))
    let type = try #require(array.firstRange(of: Array("'|u1'".utf8)))
    array.replaceSubrange(type, with: Array("'|S1'".utf8))
    array += [UInt8](repeating: 0x61, count: count)
    var record = ZipRecord(name: Array("s.npy".utf8), size: array.count, offset: 0)
    record.crc = array.withUnsafeBytes { CRC32.of($0) }
    let members = record.local + array
    let error = try #require(throws: KernelError.self) {
      try Self.open(members + ZipRecord.directory(of: [record], at: members.count))
    }
    #expect(error.problem == "its 6000000 strings would take too much memory")
  }

  static let original = fixtureBytes("containers/savez_compressed.npz")

  static func open(_ bytes: [UInt8]) throws -> NpzFile { try NpzFile(ByteView(bytes), path: "x") }

  /// Offsets of the directory's entries.
  static func entries(_ file: [UInt8]) -> [Int] {
    file.indices.dropLast(46).filter { file[$0..<($0 + 4)].elementsEqual([0x50, 0x4b, 1, 2]) }
  }

  static func number(_ file: [UInt8], at place: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
  }

  /// The file with a 32-bit number of the first directory entry replaced.
  static func patched(_ offset: Int, _ value: UInt32) -> [UInt8] {
    var file = original
    let place = entries(file)[0] + offset
    for byte in 0..<4 { file[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
    return file
  }

  func problem(of bytes: [UInt8]) throws -> String {
    let error = try #require(throws: KernelError.self) { _ = try readAll(Self.open(bytes)) }
    #expect(error.kind == .badData)
    return error.problem
  }

  @Test func lyingSizesAreRefusedBeforeAllocation() throws {
    #expect(try problem(of: Self.patched(24, 0xffff_fffe)).contains("cannot hold"))
    #expect(try problem(of: Self.patched(20, 0x7fff_ffff)).contains("remain"))
    #expect(try problem(of: Self.patched(24, 10)).contains("remain"))
    // A size that deflate could reach is caught by the array's own header.
    var both = Self.patched(24, 2000)
    let local = Self.number(both, at: Self.entries(both)[0] + 42)
    #expect(both[local..<(local + 4)].elementsEqual([0x50, 0x4b, 3, 4]))
    both[local + 6] |= 8
    #expect(try problem(of: both).contains("are stored"))
  }

  @Test func encryptionAndOtherMethodsAreRefused() throws {
    #expect(try problem(of: Self.patched(8, 0x0008_0001)).contains("encrypted"))
    #expect(try problem(of: Self.patched(8, 0x000e_0000)).contains("method 14"))
  }

  @Test func wrongChecksumsAreFound() throws {
    var file = Self.patched(16, 0x1234_5678)
    let local = Self.number(file, at: Self.entries(file)[0] + 42)
    for byte in 0..<4 { file[local + 14 + byte] = file[Self.entries(file)[0] + 16 + byte] }
    #expect(try problem(of: file).contains("checksum"))
  }

  /// Two entries for the same bytes: the way to make a small archive expand without bound.
  @Test func overlappingMembersAreRefused() throws {
    var file = Self.original
    let places = Self.entries(file)
    let first = Array(file[(places[0] + 42)..<(places[0] + 46)])
    file.replaceSubrange((places[1] + 42)..<(places[1] + 46), with: first)
    #expect(try problem(of: file).contains("contradicts"))
    // With equal names and numbers too, only the overlap (or the name) is left to find.
    let length = places[1] - places[0]
    var twin = Self.original
    twin.replaceSubrange(places[1]..<places[2], with: twin[places[0]..<(places[0] + length)])
    #expect(throws: KernelError.self) { try Self.open(twin) }
  }

  @Test func namesAreUniqueWithoutTheirSuffix() throws {
    let folder = TemporaryFolder()
    let source = ListedTensors([("a", .uint8, [1], [1]), ("b", .uint8, [1], [2])])
    try NpzWriter(OutputPlan(copying: source), to: folder("x.npz"), existing: .refuse).write(Workers(1))
    var file = contents(folder("x.npz"))
    for place in file.indices.dropLast(5) where file[place..<(place + 5)].elementsEqual(Array("b.npy".utf8)) {
      file[place] = UInt8(ascii: "a")
    }
    #expect(try problem(of: file) == "two arrays have this name")
  }

  @Test func everyTruncationIsAnError() {
    for name in ["savez", "savez_compressed", "streamed"] {
      let file = fixtureBytes("containers/\(name).npz")
      for length in 0..<file.count {
        #expect(throws: KernelError.self) { try Self.open(Array(file[..<length])) }
      }
    }
  }

  @Test func aCommentMayFollow() throws {
    var file = Self.original
    file[file.count - 2] = 3
    #expect(throws: KernelError.self) { try Self.open(file + [1, 2]) }
    #expect(try Self.open(file + [1, 2, 3]).tensors == Self.open(Self.original).tensors)
  }

  @Test func damageNeverTraps() throws {
    var random = SplitMix(seed: 4)
    var errors = 0
    for name in ["savez", "savez_compressed", "strings_compressed", "streamed"] {
      let file = fixtureBytes("containers/\(name).npz")
      for _ in 0..<4000 {
        do {
          // Every member is checksummed, so a change that passes is outside the arrays.
          _ = try readAll(Self.open(random.damage(file)))
        } catch is KernelError { errors += 1 }
      }
    }
    #expect(errors > 5000)
  }
}
