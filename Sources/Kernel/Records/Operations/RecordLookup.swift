import Bytes

/// Records by their running number over several files.
package enum RecordLookup {
  /// Calls `found` with each wanted record of `files`, in the order of the files.
  ///
  /// A file with an index beside it (``RecordIndex/path(of:)``) is not read but for its wanted records; of plain files
  /// only the lengths are followed. Nothing is read after the last wanted record. Memory: the indexes, one by one.
  ///
  /// - Returns: how many records were counted: all of them when a wanted one does not exist.
  /// - Throws: ``KernelError`` when a file, an index or a wanted record is damaged.
  package static func find(
    _ wanted: Set<Int>, in files: [String], found: (_ path: String, _ running: Int, Record) throws -> Void
  ) throws -> Int {
    var counted = 0
    var left = wanted.sorted()[...]
    for file in files {
      if left.isEmpty { break }
      if let index = try index(of: file) {
        let mapped = try MappedFile(file)
        try index.checkLength(of: mapped)
        while let number = left.first, number - counted < index.entries.count {
          left.removeFirst()
          try index.withRecord(number - counted, of: mapped) { try found(file, number, $0) }
        }
        counted += index.entries.count
      } else {
        let reader = try RecordReader(file)
        while !left.isEmpty, let chunk = try reader.next() {
          let first = counted + chunk.firstNumber
          while let number = left.first, number - first < chunk.count {
            left.removeFirst()
            try chunk.forEach((number - first)..<(number - first + 1)) { record in
              try record.check(in: reader.path)
              try found(reader.path, number, record)
            }
          }
          chunk.bytes.releasePages(0..<chunk.bytes.count)
        }
        counted += reader.recordCount
      }
    }
    return counted
  }

  /// The index beside `file`, unless the file is one that has no offsets.
  private static func index(of file: String) throws -> RecordIndex? {
    let path = RecordIndex.path(of: file)
    guard file != FileArguments.standardInput, FileStatus(path)?.isRegular == true,
      FileStatus(file)?.isRegular == true, try RecordReader(file).compression == .none
    else { return nil }
    return try RecordIndex(reading: path)
  }
}
