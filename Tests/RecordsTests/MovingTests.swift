import Bytes
import Records
import TestSupport
import Testing

/// Splitting, joining, shuffling, sampling: nothing is lost, doubled or changed.
@Suite struct MovingTests {
  let folder = TemporaryFolder()
  static let records = randomPayloads(2357, longest: 800, seed: 77)

  /// The records in three files, plain, gzip and zlib.
  func inputs() throws -> [String] {
    let names = ["a.tfrecord", "b.tfrecord.gz", "c.zlib"]
    for (number, name) in names.enumerated() {
      let writer = try RecordWriter(folder(name), existing: .refuse)
      for index in MovingTests.range(number) {
        try MovingTests.records[index].withUnsafeBytes { try writer.write(payload: $0) }
      }
      try writer.commit()
    }
    return names.map { folder($0) }
  }

  static func range(_ file: Int) -> Range<Int> { [0..<1000, 1000..<1001, 1001..<records.count][file] }

  func digest(_ files: [String], threads: Int = 2) throws -> String {
    var digest = RecordDigest()
    try digest.add(files, Workers(threads))
    return try digest.text()
  }

  @Test func digestIsTheOneThatIsDocumented() throws {
    // hashlib.sha256(b"".join(sorted(hashlib.sha256(r).digest() for r in records))), from TensorFlow's digests.
    let digests = try digestsFoundByTensorFlow("tf1__rec_plain.tfrecord").sorted()
    let expected = try sha256(digests.flatMap { unhex($0) })
    for name in ["rec_plain", "rec_gzip", "rec_zlib"] {
      #expect(try digest([fixture("records/tf1/\(name).tfrecord")]) == expected)
    }
    #expect(try digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func digestSeesDoublesAndChanges() throws {
    let one = try folder.write(recordBytes([[1], [2]]), "one")
    #expect(try digest([one, one]) != digest([one]))
    #expect(try digest([one]) == digest([folder.write(recordBytes([[2], [1]]), "two")]))
    #expect(try digest([one]) != digest([folder.write(recordBytes([[1, 2]]), "three")]))
  }

  @Test(arguments: [
    RecordSplitting.Rule.shards(7), .records(100), .shards(1), .records(5000), .shards(3000), .id(1),
  ])
  func splittingAndJoiningRestoresTheOrder(_ rule: RecordSplitting.Rule) throws {
    guard case .id = rule else {
      let paths = try RecordSplitting(rule, Workers(2)).run(inputs(), prefix: folder("part"), .init())
      let writer = try RecordWriter(folder("joined"), existing: .refuse)
      try RecordCopying(paths, Workers(2)).run(into: writer)
      try writer.commit()
      #expect(try payloads(of: folder("joined")) == MovingTests.records)
      let counts = try paths.map { try payloads(of: $0).count }
      switch rule {
      case .shards(let count): #expect(counts.count == count && counts.max()! - counts.min()! <= 1)
      case .records(let size): #expect(counts.dropLast().allSatisfy { $0 == size } && counts.last! <= size)
      case .id: break
      }
      return
    }
    // Records without an id cannot go by it.
    #expect(throws: KernelError.self) {
      try RecordSplitting(rule, Workers(2)).run(inputs(), prefix: folder("part"), .init())
    }
    #expect(!folder.names.contains { $0.hasPrefix("part") })
  }

  @Test func noRecordsMakeEmptyFiles() throws {
    let empty = folder.write([], "empty")
    #expect(try RecordSplitting(.records(5), Workers(2)).run([empty], prefix: folder("r"), .init()).count == 1)
    let shards = try RecordSplitting(.shards(3), Workers(2)).run([empty], prefix: folder("s"), .init())
    #expect(shards.map { contents($0).count } == [0, 0, 0])
  }

  @Test func splittingByIDDependsOnTheIDAlone() throws {
    let input = fixture("records/miha/frames.tfrecord")
    let four = try RecordSplitting(.id(4), Workers(2)).run([input], prefix: folder("four"), .init())
    let two = try RecordSplitting(.id(2), Workers(1)).run(four.reversed(), prefix: folder("two"), .init())
    #expect(try digest(four) == digest([input]))
    // File i of 2 is the files i and i + 2 of 4.
    for half in 0..<2 { #expect(try digest([two[half]]) == digest([four[half], four[half + 2]])) }
    let hash = try IDHash()
    let known = try [("0592", 0), ("v-S18_", 1), ("", 3)].map { id, shard in
      try Array(id.utf8).withUnsafeBytes { try hash.shard(of: $0, 4) } == shard
    }
    #expect(known == [true, true, true], "hashlib finds other files")
  }

  @Test func shufflingIsNumpysPermutation() throws {
    let files = try inputs()
    var random = MersenneTwister(seed: 42)
    let expected = random.permutation(UInt32(MovingTests.records.count)).map { MovingTests.records[Int($0)] }
    // 1 GB, a few buckets, many buckets, and a bucket for each record; one thread and three.
    for (memory, threads) in [(1 << 30, 1), (1 << 30, 3), (300_000, 2), (20_000, 2), (1, 1)] {
      let writer = try RecordWriter(folder("shuffled"), existing: .replace)
      try RecordShuffle(seed: 42, memoryLimit: memory, Workers(threads)).run(files, into: writer)
      #expect(try payloads(of: folder("shuffled")) == expected, "memory \(memory)")
    }
    let names = ShardNames(folder("deck"), count: 10)
    try RecordShuffle(seed: 42, memoryLimit: 50_000, Workers(2))
      .run(files, into: RunWriter(try ShardedWriter(names.paths, .init())))
    #expect(try names.paths.flatMap { try payloads(of: $0) } == expected)
    #expect(try digest(names.paths) == digest(files))
  }

  @Test func shufflingNothingGivesNothing() throws {
    let writer = try RecordWriter(folder("out"), existing: .refuse)
    try RecordShuffle(seed: 0, memoryLimit: 1 << 20, Workers(2)).run([folder.write([], "empty")], into: writer)
    #expect(contents(folder("out")).isEmpty)
  }

  @Test func samplesAreNumpys() throws {
    let files = try inputs()
    func sample(_ size: RecordSampling.Size) throws -> [[UInt8]] {
      let writer = try RecordWriter(folder("sample"), existing: .replace)
      try RecordSampling(size, seed: 7, Workers(2)).run(files, into: writer)
      try writer.commit()
      return try payloads(of: folder("sample"))
    }
    var random = MersenneTwister(seed: 7)
    let chosen = random.permutation(UInt32(MovingTests.records.count)).prefix(50).sorted()
    #expect(try sample(.count(50)) == chosen.map { MovingTests.records[Int($0)] })
    #expect(try sample(.count(9999)) == MovingTests.records)
    #expect(try sample(.count(0)).isEmpty)
    #expect(try sample(.fraction(1)) == MovingTests.records)
    #expect(try sample(.fraction(0)).isEmpty)
    random = MersenneTwister(seed: 7)
    #expect(try sample(.fraction(0.25)) == MovingTests.records.filter { _ in random.uniform() < 0.25 })
  }

  @Test func partsOfAJobAreTheWhole() throws {
    let files = try inputs()
    let paths = try (0..<3).map { part in
      let writer = try RecordWriter(folder("part\(part)"), existing: .refuse)
      try RecordCopying(files, Workers(2), shard: RecordShard(part, of: 3)).run(into: writer)
      try writer.commit()
      #expect(try payloads(of: folder("part\(part)"))[1] == MovingTests.records[part + 3])
      return folder("part\(part)")
    }
    #expect(try digest(paths) == digest(files))
    let deck = try RecordWriter(folder("deck"), existing: .refuse)
    try RecordShuffle(seed: 1, memoryLimit: 10_000, Workers(2), shard: RecordShard(1, of: 3)).run(files, into: deck)
    #expect(try digest([folder("deck")]) == digest([paths[1]]))
  }

  @Test func damageEndsEveryMoveAndLeavesNothing() throws {
    var bytes = try recordBytes(MovingTests.records)
    bytes[bytes.count / 2] ^= 1
    let bad = folder.write(bytes, "bad")
    let writer = try RecordWriter(folder("out"), existing: .refuse)
    #expect(throws: KernelError.self) { try RecordCopying([bad], Workers(2)).run(into: writer) }
    #expect(throws: KernelError.self) {
      try RecordShuffle(seed: 1, memoryLimit: 1 << 30, Workers(2)).run([bad], into: writer)
    }
    #expect(throws: KernelError.self) {
      try RecordSampling(.fraction(0), seed: 1, Workers(2)).run([bad], into: writer)
    }
    #expect(throws: KernelError.self) {
      try RecordSplitting(.shards(2), Workers(2)).run([bad], prefix: folder("s"), .init())
    }
    #expect(throws: KernelError.self) { try digest([bad]) }
    #expect(folder.names == ["bad"])
  }
}
