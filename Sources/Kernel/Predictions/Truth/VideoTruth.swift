import Bytes

/// The right labels of videos.
///
/// Memory: 44 to 60 bytes a video for the index by id, and 4 a label.
package struct VideoTruth: Sendable {
  private var pieces: [KeyIndex] = []
  /// The number of the first video of each piece.
  private var bases: [Int] = []
  /// Where each video's labels begin among ``labels``, and where the last one's end.
  private var offsets: [Int] = [0]
  private var labels: [Int32] = []

  /// Reads CSV files `VideoId,Labels` as `tfrecord-tool labels` writes them (the header may be missing), and record files.
  /// Labels are a set: their order and repetitions do not matter.
  ///
  /// - Throws: ``KernelError`` `.noInput` when a file cannot be read, `.badData` with the line for what is no label,
  ///   or one beyond ``ScoredVideos/classLimit``, or a video that is there twice.
  package init(_ files: [String], _ workers: Workers) throws {
    for piece in try TruthText.pieces(files, .videos, workers) { try add(piece) }
  }

  package var count: Int { offsets.count - 1 }

  /// The number of the video with this id.
  package func number(of id: UnsafeRawBufferPointer) -> Int? {
    for (piece, base) in zip(pieces, bases) { if let number = piece.number(of: id) { return base + number } }
    return nil
  }

  /// Calls `body` with a video's labels, ascending.
  package func withLabels<R>(_ number: Int, _ body: (UnsafeBufferPointer<Int32>) throws -> R) rethrows -> R {
    try labels.withUnsafeBufferPointer { labels in
      try body(UnsafeBufferPointer(rebasing: labels[offsets[number]..<offsets[number + 1]]))
    }
  }

  package func labelCount(_ number: Int) -> Int { offsets[number + 1] - offsets[number] }

  /// All labels of all videos, one after another.
  package var allLabels: [Int32] { labels }

  /// The id of a video.
  package func id(_ number: Int) -> String {
    let piece = bases.lastIndex { $0 <= number } ?? 0
    return pieces[piece].withKey(number - bases[piece]) { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func add(_ piece: TruthText.Piece) throws {
    let input = piece.input
    bases.append(count)
    var ids = KeyIndex(over: input.bytes, capacity: input.bytes.count / 32)
    try input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      do {
        while let line = lines.next() {
          let (id, cell) = try VideoTruth.fields(of: UnsafeRawBufferPointer(rebasing: bytes[line]))
          if ids.count == 0, lines.number == 1, VideoTruth.isHeader(cell) { continue }
          try addLabels(cell)
          let start = id.baseAddress.map { $0 - (bytes.baseAddress ?? $0) } ?? 0
          if number(of: id) != nil {
            throw ByteReader.Fault(offset: 0, problem: "video \(VideoTruth.text(id)) is in another file already")
          }
          if try ids.insert(start..<start + id.count) != nil {
            throw ByteReader.Fault(offset: 0, problem: "video \(VideoTruth.text(id)) is there twice")
          }
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, input.name, at: piece.hasLines ? .line(max(1, lines.number)) : nil, fault.problem,
          hint: piece.hasLines
            ? "ground truth has lines 'id,label label …', as tfrecord-tool labels writes it" : nil)
      }
    }
    pieces.append(ids)
  }

  private static func fields(
    of line: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) -> (id: UnsafeRawBufferPointer, cell: UnsafeRawBufferPointer) {
    var fields = CSVFields(line)
    guard let id = try fields.next(), fields.rest != nil, let cell = try fields.next() else {
      throw .init(offset: 0, problem: "the row has a single column")
    }
    guard fields.rest == nil else { throw .init(offset: 0, problem: "the row has more than two columns") }
    guard !id.isEmpty else { throw .init(offset: 0, problem: "the id is empty") }
    return (id, cell)
  }

  /// Whether the second column of the first line is a title: it begins with a letter.
  private static func isHeader(_ cell: UnsafeRawBufferPointer) -> Bool {
    cell.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) } ?? false
  }

  private static func text(_ id: UnsafeRawBufferPointer) -> String {
    String(decoding: id.prefix(64), as: UTF8.self).printable
  }

  private mutating func addLabels(_ cell: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    let first = labels.count
    for word in SegmentIDs(cell) {
      guard let label = Int32(label: word) else { throw .init(notALabel: word) }
      guard label < ScoredVideos.classLimit else {
        throw .init(offset: 0, problem: "label \(label) exceeds \(ScoredVideos.classLimit - 1)")
      }
      labels.append(label)
    }
    if labels.count > first + 1 {
      let sorted = Set(labels[first...]).sorted()
      labels.replaceSubrange(first..., with: sorted)
    }
    offsets.append(labels.count)
  }
}
