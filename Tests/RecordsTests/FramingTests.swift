import Bytes
import Records
import TestSupport
import Testing

/// Damaged files: what TensorFlow does with each is in specs formats §2.2; where it is silent, we are not.
@Suite struct FramingTests {
  private static let records = [[UInt8]("first".utf8), [], [UInt8](repeating: 7, count: 300)]
  private static let file = records.flatMap(frame)

  /// The payloads before the damage, and the damage.
  private func read(_ bytes: [UInt8], chunkSize: Int = 8 << 20) throws -> (records: [[UInt8]], error: KernelError?)
  {
    let folder = TemporaryFolder()
    var found: [[UInt8]] = []
    do {
      let reader = try RecordReader(folder.write(bytes, "file"), chunkSize: chunkSize)
      while let chunk = try reader.next() {
        try chunk.forEach(0..<chunk.count) { record in
          try record.check(in: "file")
          found.append(Array(record.payload))
        }
      }
      return (found, nil)
    } catch let error as KernelError { return (found, error) }
  }

  private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = TemporaryFolder()
    let file = try AtomicFile(folder("made"), existing: .refuse)
    let gzip = GzipWriter(into: file, level: .standard, workers: Workers(1))
    try bytes.withUnsafeBytes { try gzip.write($0) }
    try gzip.finish()
    try file.commit()
    return contents(folder("made"))
  }

  @Test func emptyFilesHaveNoRecords() throws {
    let result = try read([])
    #expect(result.records.isEmpty && result.error == nil)
    let unpacked = try read(try gzip([]))
    #expect(unpacked.records.isEmpty && unpacked.error == nil)
  }

  @Test(arguments: 1...11) func strayBytesAtTheEndAreSaid(count: Int) throws {
    let result = try read(Self.file + Self.file[..<count])
    #expect(result.error?.place == .byte(Self.file.count))
    #expect(result.error?.problem == "record 3: the file ends inside its header")
    #expect(result.records == Self.records)
  }

  @Test(arguments: [12, 14, 17, 20]) func cutRecordsAreSaid(count: Int) throws {
    let result = try read(Self.file + Self.file[..<count])
    #expect(result.error?.place == .byte(Self.file.count))
    #expect(result.error?.kind == .badData)
    // As TensorFlow does, the records before the damage come first.
    #expect(result.records == Self.records)
  }

  @Test(arguments: 0..<12) func damagedHeadersAreSaidAtTheRecord(byte: Int) throws {
    var bytes = Self.file
    let second = frame(Self.records[0]).count
    bytes[second + byte] ^= 0x10
    let result = try read(bytes)
    #expect(result.records == [Self.records[0]])
    #expect(result.error?.place == .byte(second))
  }

  @Test(arguments: [12, 16, 17, 20]) func damagedPayloadsAreSaidAtThePayload(byte: Int) throws {
    var bytes = Self.file
    bytes[byte] ^= 0x10
    let result = try read(bytes)
    #expect(result.records.isEmpty)
    #expect(result.error?.place == .byte(12))
  }

  @Test func zerosAtTheEndAreNoRecords() throws {
    let result = try read(Self.file + [UInt8](repeating: 0, count: 12))
    #expect(result.error?.place == .byte(Self.file.count))
  }

  @Test(arguments: [UInt64](arrayLiteral: .max, 1 << 63, (1 << 63) - 1, 1 << 62, (1 << 62) - 16, 1 << 40))
  func hugeLengthsCostNothing(length: UInt64) throws {
    var header: [UInt8] = []
    header.append(fixed64: length)
    header.append(fixed32: CRC32C.mask(CRC32C.of(header)))
    let result = try read(header + [1, 2, 3])
    #expect(result.error?.kind == .badData)
    #expect(result.error?.place == .byte(0))
    let unpacked = try read(try gzip(header + [1, 2, 3]))
    #expect(unpacked.error?.kind == .badData)
  }

  @Test func compressedFilesCutAnywhereAreSaid() throws {
    let whole = try gzip(Self.file)
    #expect(try read(whole).records == Self.records)
    for length in 2..<whole.count {
      let result = try read(Array(whole[..<length]))
      #expect(result.error?.kind == .badData, "cut to \(length) of \(whole.count) bytes")
      #expect(result.records.elementsEqual(Self.records.prefix(result.records.count)))
    }
    // Only the checksum at the end is missing: everything else is there, and is given.
    #expect(try read(Array(whole.dropLast(8))).records == Self.records)
  }

  @Test func allMembersOfAGzipFileCount() throws {
    let member = try gzip(Self.file)
    #expect(try read(member + member).records == Self.records + Self.records)
  }

  @Test func aRecordLargerThanTheBufferIsRead() throws {
    let large = [UInt8](repeating: 9, count: 100_000)
    let bytes = frame([1]) + frame(large) + frame([2])
    #expect(try read(bytes, chunkSize: 64).records == [[1], large, [2]])
    #expect(try read(try gzip(bytes), chunkSize: 64).records == [[1], large, [2]])
  }

  @Test func manyEmptyRecordsAreCounted() throws {
    let folder = TemporaryFolder()
    let count = 200_000
    let one = frame([])
    let path = folder.write([UInt8]((0..<count).flatMap { _ in one }), "empty")
    let summary = try RecordFileSummary(path, Workers(2))
    #expect(summary.records.recordCount == count && summary.records.recordCount(of: .empty) == count)
    #expect(try RecordIndex(scanning: path).entries.count == count)
  }

  /// Whatever happens to a file, the answer is one clear error or records; never a trap, never silent loss.
  @Test func mutationsNeverTrapAndNeverLose() throws {
    let original = fixtureBytes("records/tf1/examples.tfrecord") + fixtureBytes("records/tm/seg_labels0.tfrecord")
    let expected = try read(original).records
    var random = SplitMix(seed: 3)
    for _ in 0..<4000 {
      let mutant = random.damage(original)
      let result = try read(mutant)
      if let error = result.error {
        #expect(error.kind == .badData && !error.description.contains("\n"))
        #expect(result.records.elementsEqual(expected.prefix(result.records.count)))
      } else if mutant != original {
        // Whole records may have been doubled or cut off; none may have changed.
        #expect(Set(result.records).isSubset(of: Set(expected)))
      }
    }
  }
}
