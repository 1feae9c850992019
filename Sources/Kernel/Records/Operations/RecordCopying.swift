import Bytes

/// Records passed from files to one writer, byte for byte with their checksums, which are checked on the way.
///
/// Memory: as ``RecordScan``.
package struct RecordCopying {
  package let files: [String]
  package let workers: Workers
  package let shard: RecordShard?

  package init(_ files: [String], _ workers: Workers, shard: RecordShard? = nil) {
    self.files = files
    self.workers = workers
    self.shard = shard
  }

  /// Copies all records, in the order of the files.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  package func run(into writer: RecordWriter, progress: (Int) -> Void = { _ in }) throws {
    var done = 0
    try RecordScan(files, workers, shard: shard).forEachSlice { slice in
      try slice.forEachRun { try writer.write(frames: $0, count: $1) }
      done += slice.byteCount
      progress(done)
    }
  }
}
