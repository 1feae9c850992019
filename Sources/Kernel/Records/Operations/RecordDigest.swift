import Bytes

/// One SHA-256 over a set of records, whatever their order, files and compression: the SHA-256 of the SHA-256 digests
/// of all payloads, sorted as byte strings and put one after the other (docs/formats.md).
///
/// A record that is there twice counts twice. Memory: 32 bytes a record.
package struct RecordDigest: Sendable {
  package private(set) var recordCount = 0
  /// Bytes of the payloads.
  package private(set) var byteCount = 0
  /// The payloads' digests, back to back.
  private var digests: [UInt8] = []

  package init() {}

  /// Adds the records of `files`, whose checksums are checked.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  package mutating func add(
    _ files: [String], _ workers: Workers, shard: RecordShard? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    var done = 0
    try RecordScan(files, workers, shard: shard).run({ _, slice in
      let hash = try SHA256()
      var digests: [UInt8] = []
      var byteCount = 0
      try slice.forEach { record in
        try hash.restart()
        try hash.update(record.payload)
        try hash.finish(appendingTo: &digests)
        byteCount += record.payload.count
      }
      return (digests, byteCount, slice.byteCount)
    }) { (_, result: (digests: [UInt8], byteCount: Int, read: Int)) in
      digests += result.digests
      recordCount += result.digests.count / SHA256.byteCount
      byteCount += result.byteCount
      done += result.read
      progress(done)
    }
  }

  /// Adds what another digest was made of.
  package mutating func add(_ other: RecordDigest) {
    recordCount += other.recordCount
    byteCount += other.byteCount
    digests += other.digests
  }

  /// The digest in hexadecimal.
  package func text() throws -> String {
    let hash = try SHA256()
    try digests.withUnsafeBytes { bytes in
      // Digests are compared by their first eight bytes, and only then as a whole.
      let keys = (0..<recordCount).map { index in
        (prefix: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 32 * index, as: UInt64.self)), index: index)
      }
      func digest(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(32 * index)..<(32 * (index + 1))])
      }
      let sorted = keys.sorted { a, b in
        a.prefix == b.prefix ? digest(a.index).lexicographicallyPrecedes(digest(b.index)) : a.prefix < b.prefix
      }
      for key in sorted { try hash.update(digest(key.index)) }
    }
    return SHA256.text(try hash.finish())
  }
}
