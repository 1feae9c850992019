import Bytes
import Records
import TestSupport
import Testing

/// Records found by number, with and without an index, and the parts of a job.
@Suite struct LookupTests {
  /// Three files of 0, 40 and 10 records.
  private func files(_ folder: TemporaryFolder) throws -> (paths: [String], payloads: [[UInt8]]) {
    let names = ["tm/seg_labels0.tfrecord", "tm/test00.tfrecord"].map { fixture("records/" + $0) }
    let copies = [folder.write([], "0")] + names.enumerated().map { folder.write(contents($1), "\($0 + 1)") }
    return (copies, try names.flatMap { try payloads(of: $0) })
  }

  private func find(_ wanted: Set<Int>, in files: [String]) throws -> ([Int: [UInt8]], Int) {
    var found: [Int: [UInt8]] = [:]
    let count = try RecordLookup.find(wanted, in: files) { _, number, record in
      found[number] = Array(record.payload)
    }
    return (found, count)
  }

  /// What `awk` would make of the offsets: each frame begins where the one before ended.
  @Test func indexesAreOffsetAndSize() throws {
    let path = fixture("records/tf1/examples.tfrecord")
    #expect(String(decoding: try RecordIndex(scanning: path).text, as: UTF8.self) == "0 99\n99 128\n")
    #expect(throws: KernelError.self) { try RecordIndex(scanning: fixture("records/tf1/rec_gzip.tfrecord")) }
  }

  @Test(arguments: [false, true]) func recordsAreFoundAcrossFiles(hasIndexes: Bool) throws {
    let folder = TemporaryFolder()
    let (paths, payloads) = try files(folder)
    if hasIndexes {
      for path in paths { folder.write(try RecordIndex(scanning: path).text, Path.name(of: path) + ".idx") }
    }
    let wanted: Set = [0, 17, 39, 40, 49]
    let (found, _) = try find(wanted, in: paths)
    #expect(found == Dictionary(uniqueKeysWithValues: wanted.map { ($0, payloads[$0]) }))
    let (none, count) = try find([50], in: paths)
    #expect(none.isEmpty && count == 50)
  }

  @Test func aStaleIndexIsSaid() throws {
    let folder = TemporaryFolder()
    let (paths, _) = try files(folder)
    folder.write(try RecordIndex(scanning: paths[1]).text, "2.idx")
    let error = #expect(throws: KernelError.self) { try find([45], in: paths) }
    #expect(error?.kind == .badData && error?.hint != nil)
  }

  @Test(arguments: [1, 2, 7, 60], [1, 4]) func partsOfAJobAreEverythingOnce(count: Int, threads: Int) throws {
    let folder = TemporaryFolder()
    let (paths, payloads) = try files(folder)
    var parts: [[[UInt8]]] = []
    for index in 0..<count {
      let shard = try #require(RecordShard(index, of: count))
      var part: [[UInt8]] = []
      try RecordScan(paths, Workers(threads), shard: shard).run { _, records in
        var found: [[UInt8]] = []
        try records.forEach { found.append(Array($0.payload)) }
        return found
      } take: { _, found in
        part += found
      }
      parts.append(part)
    }
    for (number, payload) in payloads.enumerated() { #expect(parts[number % count][number / count] == payload) }
    #expect(parts.reduce(0) { $0 + $1.count } == payloads.count)
    #expect(
      RecordShard(count, of: count) == nil && RecordShard(-1, of: count) == nil && RecordShard(0, of: 0) == nil)
  }
}
