import Bytes

/// Records passed from files to one writer, byte for byte with their checksums, which are checked on the way.
///
/// Memory: a chunk of 8 MiB, or the largest record.
package struct RecordCopying {
  package let files: [String]
  package let workers: Workers

  package init(_ files: [String], _ workers: Workers) {
    self.files = files
    self.workers = workers
  }

  /// Copies all records, in the order of the files.
  ///
  /// - Parameter progress: called with the bytes of records copied so far.
  package func run(into writer: RecordWriter, progress: (Int) -> Void = { _ in }) throws {
    try RecordScan(files, workers).forEachSlice { _, slice in
      try slice.frames.withUnsafeBytes { try writer.write(frames: $0, count: slice.count) }
      progress(writer.byteCount)
    }
  }
}

extension RecordScan {
  /// How many records the files hold; only lengths and their checksums are read.
  package static func count(_ files: RereadableFiles) throws -> Int {
    var count = 0
    for (path, name) in zip(files.paths, files.names) {
      let reader = try RecordReader(path, name: name)
      while let chunk = try reader.next() {
        count += chunk.count
        chunk.bytes.releasePages(0..<chunk.bytes.count)
      }
    }
    return count
  }
}
