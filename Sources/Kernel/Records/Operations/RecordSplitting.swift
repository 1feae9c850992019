import Bytes

/// Records distributed over several files, byte for byte with their checksums, which are checked on the way.
package struct RecordSplitting {
  package enum Rule: Sendable, Equatable {
    /// This many files of consecutive records, whose counts differ by one at most, the larger ones first.
    case shards(Int)
    /// Files of this many consecutive records; the last may have fewer.
    case records(Int)
    /// This many files; the id of a record decides (``IDHash``).
    case id(Int)
  }

  package let rule: Rule
  package let workers: Workers
  package let shard: RecordShard?

  package init(_ rule: Rule, _ workers: Workers, shard: RecordShard? = nil) {
    self.rule = rule
    self.workers = workers
    self.shard = shard
  }

  /// Writes the files `PREFIX-00000-of-00010.tfrecord` … and returns their paths; with nothing to read there is one
  /// file of ``Rule/records(_:)``, and all files of the other rules are there, empty if need be.
  ///
  /// Memory: see ``ShardedWriter``. Standard input and pipes are copied to `$TMPDIR` unless the ids decide.
  ///
  /// - Parameter progress: called with the bytes of records written so far.
  /// - Throws: ``KernelError``; then no file appears.
  package func run(
    _ files: [String], prefix: String, _ options: ShardedWriter.Options, progress: (Int) -> Void = { _ in }
  ) throws -> [String] {
    switch rule {
    case .id(let count):
      let names = ShardNames(prefix, count: count, compression: options.compression)
      try byID(files, ShardedWriter(names.paths, options), progress)
      return names.paths
    case .shards, .records:
      let files = try RereadableFiles(files)
      let total = try RecordScan.count(files, shard: shard)
      let ends = ends(of: total)
      let names = ShardNames(prefix, count: ends.count, compression: options.compression)
      let writer = RunWriter(try ShardedWriter(names.paths, options), ends: ends)
      var done = 0
      try RecordScan(files, workers, shard: shard).forEachSlice { slice in
        try writer.write(slice)
        done += slice.byteCount
        progress(done)
      }
      try writer.commit()
      return names.paths
    }
  }

  /// How many records lie before the end of each file.
  private func ends(of total: Int) -> [Int] {
    switch rule {
    case .shards(let count), .id(let count): return RecordSplitting.evenEnds(of: total, count)
    case .records(let size):
      let whole = total / size
      var ends = (1...max(1, whole)).map { min(total, $0 * size) }
      if whole > 0, total % size > 0 { ends.append(total) }
      return ends
    }
  }

  /// The ends of `count` stretches of `total` records, whose lengths differ by one at most, the larger ones first.
  static func evenEnds(of total: Int, _ count: Int) -> [Int] {
    (1...count).map { $0 * (total / count) + min($0, total % count) }
  }

  private func byID(_ files: [String], _ writer: ShardedWriter, _ progress: (Int) -> Void) throws {
    let count = writer.count
    var done = 0
    try RecordScan(files, workers, shard: shard).run({ path, slice in
      let hash = try IDHash()
      var numbers: [Int] = []
      try slice.forEach { record in
        do { numbers.append(try hash.shard(of: Video.id(of: RecordMessage(record.payload)), count)) } catch {
          throw record.explained(error, in: path)
        }
      }
      return (slice, numbers)
    }) { (_, result: (slice: RecordSlice, numbers: [Int])) in
      var index = 0
      try result.slice.trusted.forEach { record in
        try writer.write(frames: record.frame, count: 1, to: result.numbers[index], isOneOfMany: true)
        index += 1
      }
      done += result.slice.byteCount
      progress(done)
    }
    try writer.commit()
  }
}

/// Which of several files a record with some id belongs to: the first eight bytes of the SHA-256 of the id, as a
/// little-endian number, modulo the count of files.
///
/// It depends on nothing but the id and the count; and file i of n becomes the files i, i + n, … of a multiple of n.
package final class IDHash {
  private let hash: SHA256
  private var digest: [UInt8] = []

  package init() throws { hash = try SHA256() }

  package func shard(of id: UnsafeRawBufferPointer, _ count: Int) throws -> Int {
    try hash.restart()
    try hash.update(id)
    digest.removeAll(keepingCapacity: true)
    try hash.finish(appendingTo: &digest)
    let number = digest.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    return Int(number % UInt64(count))
  }
}

extension Record {
  /// `error` with the file and the record it arose in, when it does not say so itself.
  package func explained(_ error: any Error, in path: String) -> any Error {
    guard let fault = error as? ByteReader.Fault else { return error }
    return KernelError(
      .badData, path, at: .byte(offset + RecordFrame.headerLength + fault.offset),
      "record \(number): \(fault.problem)")
  }
}
