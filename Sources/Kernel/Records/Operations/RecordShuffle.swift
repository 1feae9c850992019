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
  package let shard: RecordShard?

  package init(seed: UInt32, memoryLimit: Int, _ workers: Workers, shard: RecordShard? = nil) {
    self.seed = seed
    self.memoryLimit = memoryLimit
    self.workers = workers
    self.shard = shard
  }

  /// Writes the records of `files` to `destination`, and commits it.
  ///
  /// - Parameter progress: called with the bytes of records moved so far and of all moves to make.
  /// - Throws: ``KernelError``; `.usage` for more than 2³² - 1 records.
  package func run(
    _ files: [String], into destination: some ShuffleDestination, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let files = try RereadableFiles(files)
    var lengths: [Int] = []
    try RecordScan.forEachFrameLength(files, shard: shard) { lengths.append($0) }
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
    try RecordScan(files, workers, shard: shard).forEachSlice { slice in
      try slice.forEach { record in
        guard number < positions.count, record.frame.count == lengths[number] else { throw RecordShuffle.changed }
        try dealer.deal(record.frame, position: positions[number])
        number += 1
      }
      progress(dealer.byteCount, 2 * total)
    }
    guard number == positions.count else { throw RecordShuffle.changed }
    try destination.start(recordCount: number)
    try dealer.collect { frame in
      try destination.write(frame)
    } progress: {
      progress(total + $0, 2 * total)
    }
    try destination.commit()
  }

  static var changed: KernelError {
    KernelError(.io, "", "an input changed while it was being read", hint: "try again when nobody writes to it")
  }
}
