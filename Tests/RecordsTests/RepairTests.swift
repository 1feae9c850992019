import Bytes
import Records
import TestSupport
import Testing

@Suite struct RepairTests {
  /// Repairs `bytes`; the payloads saved and what was found.
  func repaired(_ bytes: [UInt8]) throws -> (saved: [[UInt8]], repair: RecordRepair) {
    let folder = TemporaryFolder()
    let writer = try RecordWriter(folder("out"), existing: .refuse)
    let repair = try RecordRepair(folder.write(bytes, "in"), into: writer)
    try writer.commit()
    let saved = try payloads(of: folder("out"))
    #expect(saved.count == repair.recordCount)
    return (saved, repair)
  }

  static let sample = randomPayloads(20, longest: 100, seed: 5)

  @Test func soundFilesKeepEveryByte() throws {
    for name in [
      "tf1/rec_plain.tfrecord", "lingvo/wmt14_ende_wpm_32k_test.tfrecord", "nucleus/test_reads.fastq.tfrecord",
    ] {
      let folder = TemporaryFolder()
      let writer = try RecordWriter(folder("out"), existing: .refuse)
      let repair = try RecordRepair(fixture("records/" + name), into: writer)
      try writer.commit()
      #expect(repair.findings.isEmpty)
      #expect(contents(folder("out")) == fixtureBytes("records/" + name))
    }
  }

  // The damages of which it was measured what TensorFlow makes of them.

  @Test func anEmptyFileHasNothingToLose() throws {
    let (saved, repair) = try repaired([])
    #expect(saved.isEmpty)
    #expect(repair.findings.isEmpty)
  }

  @Test(arguments: 1...11) func aPieceOfAHeaderAtTheEndIsTold(_ count: Int) throws {
    let bytes = try recordBytes(RepairTests.sample)
    let (saved, repair) = try repaired(bytes + bytes[..<count])
    #expect(saved == RepairTests.sample)
    #expect(repair.findings.map(\.offset) == [bytes.count])
    #expect(repair.lostByteCount == count)
    #expect(repair.hasLosses)
  }

  @Test func aCutRecordIsTold() throws {
    let bytes = try recordBytes([[1, 2, 3], [4, 5, 6]])
    for cut in 20..<38 {
      let (saved, repair) = try repaired(Array(bytes[..<cut]))
      #expect(saved == [[1, 2, 3]])
      #expect(repair.findings.count == 1)
      #expect(repair.findings[0].offset == 19)
      #expect(repair.lostByteCount == cut - 19)
    }
  }

  @Test func aDamagedLengthIsMended() throws {
    for place in 0..<12 {
      var bytes = try recordBytes([[1, 2, 3], [4, 5, 6], [7]])
      bytes[19 + place] ^= 0x11
      let (saved, repair) = try repaired(bytes)
      #expect(saved == [[1, 2, 3], [4, 5, 6], [7]])
      #expect(repair.findings.map(\.offset) == [19])
      #expect(!repair.hasLosses)
    }
  }

  @Test func aDamagedPayloadIsLostAlone() throws {
    for place in 12..<19 {
      var bytes = try recordBytes([[1, 2, 3], [4, 5, 6], [7]])
      bytes[19 + place] ^= 0x11
      let (saved, repair) = try repaired(bytes)
      #expect(saved == [[1, 2, 3], [7]])
      #expect(repair.findings.map(\.offset) == [19])
      #expect(repair.findings.map(\.byteCount) == [19])
      #expect(repair.findings.map(\.precedingCount) == [1])
    }
  }

  @Test func zerosAtTheEndAreTold() throws {
    let bytes = try recordBytes(RepairTests.sample)
    let (saved, repair) = try repaired(bytes + [UInt8](repeating: 0, count: 4096))
    #expect(saved == RepairTests.sample)
    #expect(repair.lostByteCount == 4096)
  }

  @Test func anAbsurdLengthWithTheRightChecksumIsPassedOver() throws {
    for length in [UInt64.max, 1 << 63, UInt64(Int.max), 1 << 40] {
      var header: [UInt8] = []
      header.append(fixed64: length)
      header.append(fixed32: CRC32C.mask(CRC32C.of(header)))
      let bytes = try recordBytes([[1], [2]])
      let (saved, repair) = try repaired(header + bytes)
      #expect(saved == [[1], [2]])
      #expect(repair.lostByteCount == 12)
    }
  }

  @Test func ofAGzipFileCutShortAllIsSavedUpToTheCut() throws {
    let folder = TemporaryFolder()
    let records = randomPayloads(2000, longest: 300, seed: 9)
    for name in ["x.gz", "x.zlib"] {
      let writer = try RecordWriter(folder(name), existing: .replace)
      for payload in records { try payload.withUnsafeBytes { try writer.write(payload: $0) } }
      try writer.commit()
      let bytes = contents(folder(name))
      let (saved, repair) = try repaired(Array(bytes[..<(bytes.count / 2)]))
      #expect(saved.count > records.count / 3)
      #expect(saved == Array(records[..<saved.count]))
      #expect(repair.hasLosses)
      // Without its trailer nothing of the contents is missing, but it is not what was written.
      let (all, trailerless) = try repaired(Array(bytes.dropLast(3)))
      #expect(all == records)
      #expect(trailerless.hasLosses)
    }
  }

  @Test func ofADamagedGzipFileAllIsSavedUpToTheDamage() throws {
    let original = fixtureBytes("records/nucleus/test_reads.fastq.tfrecord.gz")
    let folder = TemporaryFolder()
    let whole = try payloads(of: folder.write(original, "whole"))
    var random = SplitMix(seed: 3)
    for _ in 0..<200 {
      var bytes = original
      bytes[random.below(bytes.count - 12) + 12] ^= 1 << UInt8(random.below(8))
      guard let (saved, repair) = try? repaired(bytes) else { continue }
      #expect(repair.hasLosses || saved == whole)
      for payload in saved { #expect(whole.contains(payload)) }
    }
  }

  /// Every 12 bytes a header announces a record that ends inside the last one: reading all of them would take the time
  /// of 30 GB.
  @Test func headersOfRecordsThatAllReachToTheEndTakeNoTime() throws {
    var bytes: [UInt8] = []
    let size = 12 * 60_000
    bytes.reserveCapacity(size + 64)
    for start in stride(from: 0, to: size, by: 12) {
      var header: [UInt8] = []
      header.append(fixed64: UInt64(size - start - 11))
      header.append(fixed32: CRC32C.mask(CRC32C.of(header)))
      bytes += header
    }
    bytes += [1, 2, 3, 4]
    bytes += try recordBytes([[5, 6, 7]])
    let (saved, repair) = try repaired(bytes)
    #expect(saved == [[5, 6, 7]])
    #expect(repair.lostByteCount == size + 4)
  }

  @Test func whatIsNoRecordFileIsRefused() throws {
    let folder = TemporaryFolder()
    let writer = try RecordWriter(folder("out"), existing: .refuse)
    #expect(throws: KernelError.self) {
      try RecordRepair(folder.write(Array("vids,std\nabcd,0.5\n".utf8), "in"), into: writer)
    }
    #expect(folder.names == ["in"])
  }

  /// Ten thousand damages: each undamaged record is saved, nothing is saved that was not there, and loss is told.
  @Test func everyUndamagedRecordIsSaved() throws {
    var random = SplitMix(seed: 2018)
    let folder = TemporaryFolder()
    for round in 0..<10_000 {
      let records = randomPayloads(1 + random.below(8), longest: 60, seed: random.next())
      let bytes = try recordBytes(records)
      let damaged = random.damage(bytes)
      let path = folder.write(damaged, "in")
      let sink = CollectingSink()
      let writer = RecordWriter(to: sink)
      guard let repair = try? RecordRepair(path, into: writer) else {
        #expect(untouched(records, in: damaged).isEmpty, "round \(round): nothing was saved")
        continue
      }
      try writer.commit()
      let saved = try payloads(of: folder.write(sink.bytes, "out"))
      for payload in untouched(records, in: damaged) where !saved.contains(payload) {
        Issue.record("round \(round): an undamaged record of \(payload.count) bytes was not saved")
      }
      for payload in saved where !records.contains(payload) {
        Issue.record("round \(round): a record was made up")
      }
      if saved.count < records.count, damaged.count == bytes.count { #expect(repair.hasLosses) }
      let saidLost = repair.findings.filter(\.isLoss).reduce(0) { $0 + $1.byteCount }
      let mended = repair.findings.filter { !$0.isLoss }.reduce(0) { $0 + $1.byteCount }
      let kept = saved.reduce(0) { $0 + $1.count + RecordFrame.overhead }
      #expect(saidLost + kept == damaged.count || mended > 0, "round \(round): bytes unaccounted for")
    }
  }

  /// The records of which every byte is still there in a row.
  private func untouched(_ records: [[UInt8]], in bytes: [UInt8]) -> [[UInt8]] {
    records.filter { record in
      guard let frame = try? recordBytes([record]) else { return false }
      return bytes.count >= frame.count
        && (0...(bytes.count - frame.count)).contains { bytes[$0] == frame[0] && bytes[$0...].starts(with: frame) }
    }
  }
}
