import Bytes

/// Measures how far each video's mean image is from a flat one: the CSV file `vids,std` that tells the artificial videos
/// of the 2018 test set from real ones (specs: miha2018 §6).
package struct FakeScan: Sendable {
  /// What a scan found.
  package struct Summary: Equatable, Sendable {
    package var videoCount = 0
    /// Videos whose number is not above the threshold.
    package var fakeCount = 0
    /// Videos without a frame, whose number is left empty.
    package var framelessCount = 0
    /// Videos with the very features of an earlier one.
    package var exactCount = 0
    /// Videos whose mean image is similar to an earlier one's.
    package var nearCount = 0
  }

  package let files: [String]
  let workers: Workers
  /// A video is taken for artificial when its number is not above this; only the summary depends on it.
  package var threshold = 0.1
  /// The part of the records to measure; all when `nil`.
  package var shard: RecordShard?

  package init(_ files: [String], _ workers: Workers) {
    self.files = files
    self.workers = workers
  }

  /// Writes the table to `sink`, a line for each record in the order of the files.
  ///
  /// Memory: some chunks of 8 MiB, or the largest record.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` `.badData` with file and record where one is damaged or is no video.
  package func write(to sink: any ByteSink, progress: (Int) -> Void = { _ in }) throws -> Summary {
    struct Lines: Sendable {
      var text: [UInt8] = []
      var summary = Summary()
    }
    var summary = Summary()
    // Written when the first records could be read, so that a failure at once leaves nothing on standard output.
    var header = Array("vids,std\n".utf8)
    let threshold = threshold
    try forEachSlice(
      Lines(),
      { lines, id, image, _ in
        let deviation = image.standardDeviation
        lines.summary.add(deviation, threshold)
        try FakeScan.append(id, deviation, to: &lines.text)
        lines.text.append(UInt8(ascii: "\n"))
      }, progress: progress
    ) { lines in
      try sink.write(header)
      header = []
      try sink.write(lines.text)
      summary.add(lines.summary)
    }
    try sink.write(header)
    return summary
  }

  /// Appends `id,deviation` to a line.
  static func append(_ id: UnsafeRawBufferPointer, _ deviation: Double, to line: inout [UInt8]) throws {
    try CSVFields.append(id, to: &line)
    line.append(UInt8(ascii: ","))
    // The fewest digits that read back exactly.
    if !deviation.isNaN { line.append(contentsOf: deviation.description.utf8) }
  }

  /// Calls `add` with every video, on any thread, and `take` with what a slice of them became, in order.
  func forEachSlice<R: Sendable>(
    _ empty: R,
    _ add:
      @escaping @Sendable (inout R, _ id: UnsafeRawBufferPointer, MeanImage, RecordMessage) throws -> Void,
    progress: (Int) -> Void, take: (R) throws -> Void
  ) throws {
    var done = 0
    try RecordScan(files, workers, shard: shard).run({ path, records in
      var result = empty
      var image = MeanImage()
      var byteCount = 0
      try records.forEach { record in
        do {
          let message = RecordMessage(record.payload)
          let id = try Video.id(of: message)
          if id.isEmpty { throw ByteReader.Fault(offset: 0, problem: "the id is empty") }
          try image.read(message)
          try add(&result, id, image, message)
        } catch {
          throw record.explained(error, in: path)
        }
        byteCount += record.frame.count
      }
      return (result, byteCount)
    }) { _, slice in
      try take(slice.0)
      done += slice.1
      progress(done)
    }
  }
}

extension FakeScan.Summary {
  mutating func add(_ deviation: Double, _ threshold: Double) {
    videoCount += 1
    if deviation.isNaN { framelessCount += 1 } else if deviation <= threshold { fakeCount += 1 }
  }

  mutating func add(_ other: FakeScan.Summary) {
    videoCount += other.videoCount
    fakeCount += other.fakeCount
    framelessCount += other.framelessCount
    exactCount += other.exactCount
    nearCount += other.nearCount
  }
}
