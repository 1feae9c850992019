import Bytes

/// Records in a random order of which all are equally likely.
///
/// Record k of the result is record `RandomState(seed).permutation(n)[k]` of the input, counted through all files; so
/// the order depends on the seed and the count alone, not on threads, memory or compression, and numpy can tell it.
///
/// What exceeds the memory is first dealt into buckets of a temporary file, one for each stretch of the result that
/// fits. Memory: `memoryLimit`, or the largest record, and 16 bytes a record. Disk: the records' bytes in `$TMPDIR`,
/// if they exceed the memory.
package struct RecordShuffle {
  package let seed: UInt32
  package let memoryLimit: Int
  package let workers: Workers

  package init(seed: UInt32, memoryLimit: Int, _ workers: Workers) {
    self.seed = seed
    self.memoryLimit = memoryLimit
    self.workers = workers
  }

  /// Writes the records of `files` to as many files as `writer` has, counts differing by one at most.
  ///
  /// - Parameter progress: called with the bytes of records moved so far and of all moves to make.
  /// - Throws: ``KernelError``; `.usage` for more than 2³² - 1 records.
  package func run(
    _ files: [String], into writer: ShardedWriter, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let files = try RereadableFiles(files)
    let lengths = try RecordShuffle.frameLengths(files)
    guard let count = UInt32(exactly: lengths.count) else {
      throw KernelError(.usage, "", "more than \(UInt32.max) records cannot be shuffled at once")
    }
    var random = MersenneTwister(seed: seed)
    let order = random.permutation(count)
    let plan = BucketPlan(order: order, lengths: lengths, limit: memoryLimit)
    var positions = [UInt32](repeating: 0, count: order.count)
    for (position, record) in order.enumerated() { positions[Int(record)] = UInt32(position) }

    let total = plan.buckets.reduce(0) { $0 + $1.byteCount }
    let dealer = try BucketDealer(plan, memoryLimit: memoryLimit)
    var number = 0
    try RecordScan(files, workers).forEachSlice { _, slice in
      try slice.forEach { record in
        guard number < positions.count, record.frame.count == lengths[number] else { throw RecordShuffle.changed }
        try dealer.deal(record.frame, position: positions[number])
        number += 1
      }
      progress(dealer.byteCount, 2 * total)
    }
    guard number == positions.count else { throw RecordShuffle.changed }
    let output = RunWriter(writer, ends: RecordSplitting.evenEnds(of: number, writer.count))
    try dealer.collect { frame in
      try output.write(frames: frame, count: 1)
    } progress: {
      progress(total + $0, 2 * total)
    }
    try output.commit()
  }

  static var changed: KernelError {
    KernelError(.io, "", "an input changed while it was being read", hint: "try again when nobody writes to it")
  }

  /// The bytes of each record's frame, through all files.
  private static func frameLengths(_ files: RereadableFiles) throws -> [Int] {
    var lengths: [Int] = []
    for (path, name) in zip(files.paths, files.names) {
      let reader = try RecordReader(path, name: name)
      while let chunk = try reader.next() {
        for index in 0..<chunk.count { lengths.append(chunk.bounds[index + 1] - chunk.bounds[index]) }
        chunk.bytes.releasePages(0..<chunk.bytes.count)
      }
    }
    return lengths
  }
}
