import Bytes

/// Passes over the records of several files on all cores, with results in the order of the files.
package struct RecordScan: Sendable {
  package let files: [String]
  /// What messages call the files.
  private let names: [String]
  package let workers: Workers
  /// Whether payloads' checksums are checked before anybody sees them.
  package let checksPayloads: Bool
  /// The part of the records to look at; all when `nil`.
  package let shard: RecordShard?
  /// How many records come before those of ``files`` in the job that ``shard`` is a part of.
  package var earlierCount = 0
  /// Bytes that a worker takes at a time.
  private let sliceSize = 1 << 20

  /// - Parameter files: paths, or `-`, in the order in which results are wanted.
  package init(
    _ files: [String], _ workers: Workers, shard: RecordShard? = nil, checksPayloads: Bool = true
  ) {
    self.init(files, names: files.map { FileArguments.displayName(of: $0) }, workers, shard, checksPayloads)
  }

  /// The same for files that can be read several times, standard input among them.
  package init(
    _ files: RereadableFiles, _ workers: Workers, shard: RecordShard? = nil, checksPayloads: Bool = true
  ) {
    self.init(files.paths, names: files.names, workers, shard, checksPayloads)
  }

  private init(
    _ files: [String], names: [String], _ workers: Workers, _ shard: RecordShard?, _ checksPayloads: Bool
  ) {
    self.files = files
    self.names = names
    self.workers = workers
    self.shard = shard
    self.checksPayloads = checksPayloads
  }

  /// Calls `make` with slices of records on any thread, and `take` with what it returned, on the caller's thread and in
  /// the order of the records.
  ///
  /// While a chunk is worked on, the next one is read (and decompressed) and the results of the one before are taken.
  /// Memory: three chunks of 8 MiB; of plain files they are mapped and not counted as the process's own.
  ///
  /// - Parameter make: gets the path, and a loop over the slice's records.
  /// - Parameter take: gets the index of the file among ``files``, and a result; all results before the first damage
  ///   are taken before it is thrown.
  /// - Returns: what each file was found to be, when all of it was read.
  /// - Throws: ``KernelError`` for the first damage in the order of the files, or what the closures throw.
  @discardableResult
  package func run<R: Sendable>(
    _ make: @escaping @Sendable (_ path: String, _ records: RecordSlice) throws -> R,
    take: (_ file: Int, R) throws -> Void
  ) throws -> [FileEnd] {
    var earlier = earlierCount
    var ends: [FileEnd] = []
    var finished: FinishedChunk<R>?
    func takeFinished() throws {
      guard let chunk = finished else { return }
      finished = nil
      for case let result? in chunk.results { try take(chunk.file, result) }
      chunk.chunk.bytes.releasePages(0..<chunk.chunk.bytes.count)
    }
    do {
      for (number, file) in files.enumerated() {
        let reader = Exclusive(try RecordReader(file, name: names[number]))
        let filter = RecordSlice.Filter(shard: shard, earlier: earlier, checks: checksPayloads)
        let path = reader.value.path
        var current = try reader.value.next()
        while let chunk = current {
          let slices = chunk.slices(ofBytes: sliceSize)
          let upcoming = Exclusive<Result<RecordChunk?, any Error>?>(nil)
          let results = try workers.map(
            slices.count + 1,
            { task -> R? in
              guard task > 0 else {
                upcoming.value = Result { try reader.value.next() }
                return nil
              }
              return try make(path, RecordSlice(chunk: chunk, range: slices[task - 1], path: path, filter: filter))
            }, meanwhile: takeFinished)
          finished = FinishedChunk(file: number, chunk: chunk, results: results)
          current = try upcoming.value?.get()
        }
        earlier += reader.value.recordCount
        ends.append(
          FileEnd(path: path, compression: reader.value.compression, byteCount: reader.value.offset))
      }
    } catch {
      try takeFinished()
      throw error
    }
    try takeFinished()
    return ends
  }

  /// A chunk that was worked on, whose results are still to be taken.
  private struct FinishedChunk<R> {
    let file: Int
    let chunk: RecordChunk
    let results: [R?]
  }

  /// What is known of a file when it has been read.
  package struct FileEnd: Sendable {
    package let path: String
    package let compression: RecordCompression
    /// Bytes of the (uncompressed) record stream.
    package let byteCount: Int
  }

  /// Calls `body` with slices of records whose checksums have been checked (if the scan does that), on the caller's
  /// thread and in the order of the records.
  package func forEachSlice(_ body: (RecordSlice) throws -> Void) throws {
    try run({ _, slice in
      try slice.forEach { _ in }
      return slice.trusted
    }) { _, slice in try body(slice) }
  }

  /// How many records of `shard` the files hold; only lengths and their checksums are read.
  package static func count(_ files: RereadableFiles, shard: RecordShard?) throws -> Int {
    var count = 0
    try forEachFrameLength(files, shard: shard) { _ in count += 1 }
    return count
  }

  /// Calls `body` with the bytes of the frame of each record of `shard`; only lengths and their checksums are read.
  package static func forEachFrameLength(
    _ files: RereadableFiles, shard: RecordShard?, _ body: (Int) -> Void
  ) throws {
    var number = 0
    for (path, name) in zip(files.paths, files.names) {
      let reader = try RecordReader(path, name: name)
      while let chunk = try reader.next() {
        for index in 0..<chunk.count {
          if shard?.contains(number) != false { body(chunk.bounds[index + 1] - chunk.bounds[index]) }
          number += 1
        }
        chunk.bytes.releasePages(0..<chunk.bytes.count)
      }
    }
  }
}

/// Some consecutive records of a chunk.
package struct RecordSlice: Sendable {
  let chunk: RecordChunk
  let range: Range<Int>
  let path: String
  let filter: Filter

  /// Bytes of all frames of the slice, those outside the scan's part too.
  package var byteCount: Int { chunk.bounds[range.upperBound] - chunk.bounds[range.lowerBound] }

  /// All records of the slice, those outside the scan's part too.
  package var recordCount: Int { range.count }

  /// The same records, not to be checked again.
  package var trusted: RecordSlice {
    let filter = Filter(shard: filter.shard, earlier: filter.earlier, checks: false)
    return RecordSlice(chunk: chunk, range: range, path: path, filter: filter)
  }

  /// Calls `body` with the frames of records that lie back to back, and how many they are, in order; checks nothing.
  package func forEachRun(_ body: (_ frames: UnsafeRawBufferPointer, _ count: Int) throws -> Void) throws {
    guard filter.shard == nil else { return try trusted.forEach { try body($0.frame, 1) } }
    try chunk.bytes.withUnsafeBytes { bytes in
      let frames = chunk.bounds[range.lowerBound]..<chunk.bounds[range.upperBound]
      try body(UnsafeRawBufferPointer(rebasing: bytes[frames]), range.count)
    }
  }

  /// Calls `body` with a range of bytes of the (uncompressed) file, which the slice's chunk must hold.
  func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try chunk.bytes.withUnsafeBytes { bytes in
      let start = range.lowerBound - chunk.offset
      return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + range.count)]))
    }
  }

  /// Which records of a file are looked at, and how.
  struct Filter: Sendable {
    let shard: RecordShard?
    /// Records of the files before this one.
    let earlier: Int
    let checks: Bool
  }

  /// Calls `body` with each record of the scan's part, in order, its checksum checked first if the scan does that.
  package func forEach(_ body: (Record) throws -> Void) throws {
    try chunk.forEach(range) { record in
      if let shard = filter.shard, !shard.contains(filter.earlier + record.number) { return }
      if filter.checks { try record.check(in: path) }
      try body(record)
    }
  }
}

/// A value that one thread at a time uses: handed to a task, and read after it ended.
private final class Exclusive<Value>: @unchecked Sendable {
  // Sendable holds because `RecordScan.run` touches a value from one task, or from the caller after all tasks ended.
  var value: Value

  init(_ value: Value) { self.value = value }
}
