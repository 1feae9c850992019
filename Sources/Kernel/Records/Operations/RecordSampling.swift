import Bytes

/// Some records chosen at random, in their order, byte for byte.
package struct RecordSampling {
  package enum Size: Sendable, Equatable {
    /// Each record with this probability: record k when `RandomState(seed).random_sample(n)[k]` is below it.
    case fraction(Double)
    /// So many records (all, if there are fewer), each set of them equally likely: those whose numbers are the first
    /// of `RandomState(seed).permutation(n)`.
    case count(Int)
  }

  package let size: Size
  package let seed: UInt32
  package let workers: Workers
  package let shard: RecordShard?

  package init(_ size: Size, seed: UInt32, _ workers: Workers, shard: RecordShard? = nil) {
    self.size = size
    self.seed = seed
    self.workers = workers
    self.shard = shard
  }

  /// Writes the sample of all `files` together.
  ///
  /// Memory: as ``RecordScan``; for ``Size/count(_:)`` 5 bytes a record more. Disk: for that too, what
  /// standard input and pipes give is copied to `$TMPDIR`.
  ///
  /// - Parameter progress: called with the bytes of records looked at so far.
  package func run(_ files: [String], into writer: RecordWriter, progress: (Int) -> Void = { _ in }) throws {
    switch size {
    case .fraction(let fraction):
      var random = MersenneTwister(seed: seed)
      try copy(RecordScan(files, workers, shard: shard), into: writer, progress) { _ in random.uniform() < fraction
      }
    case .count(let count):
      let files = try RereadableFiles(files)
      let chosen = try choice(of: count, among: RecordScan.count(files, shard: shard))
      try copy(RecordScan(files, workers, shard: shard), into: writer, progress) { $0 < chosen.count && chosen[$0] }
    }
  }

  private func choice(of count: Int, among total: Int) throws -> [Bool] {
    guard let total = UInt32(exactly: total) else {
      throw KernelError(.usage, "", "cannot choose among more than \(UInt32.max) records", hint: "use --fraction")
    }
    var random = MersenneTwister(seed: seed)
    var chosen = [Bool](repeating: false, count: Int(total))
    for number in random.permutation(total).prefix(count) { chosen[Int(number)] = true }
    return chosen
  }

  private func copy(
    _ scan: RecordScan, into writer: RecordWriter, _ progress: (Int) -> Void, where isChosen: (Int) -> Bool
  ) throws {
    var number = 0
    var done = 0
    try scan.forEachSlice { slice in
      try slice.forEach { record in
        if isChosen(number) { try writer.write(record) }
        number += 1
      }
      done += slice.byteCount
      progress(done)
    }
  }
}
