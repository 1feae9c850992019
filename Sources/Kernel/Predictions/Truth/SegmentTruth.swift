import Bytes

/// How people rated segments: for some pairs of a segment and a class, whether the class is there.
///
/// Memory: 44 to 60 bytes a segment for the index by id, and 16 a rating.
package struct SegmentTruth: Sendable {
  private struct Rating: Sendable {
    let label: Int32
    var isPositive: Bool
    /// The rating of the same segment that was added before; -1 for none.
    let previous: Int32
  }

  private var pieces: [(ids: KeyIndex, base: Int)] = []
  /// The last rating of each segment.
  private var heads: [Int32] = []
  private var ratings: [Rating] = []
  /// For each class, how many segments have it.
  package private(set) var positiveCounts: [Int32: Int] = [:]

  /// Reads the lines `segment,label,score` that `tfrecord-tool labels --segments` and the label cache of the 2019 solution
  /// have, and record files; of several ratings of one segment and label the last counts. A score above 0 is positive.
  ///
  /// - Throws: ``KernelError`` `.noInput` when a file cannot be read, `.badData` with the line for what is no rating.
  package init(_ files: [String], _ workers: Workers) throws {
    for piece in try TruthText.pieces(files, .segments, workers) { try add(piece) }
    for rating in ratings where rating.isPositive { positiveCounts[rating.label, default: 0] += 1 }
  }

  package var segmentCount: Int { heads.count }
  package var ratingCount: Int { ratings.count }

  /// The number of the rated segment with this id.
  package func number(of id: UnsafeRawBufferPointer) -> Int? {
    for piece in pieces { if let number = piece.ids.number(of: id) { return piece.base + number } }
    return nil
  }

  /// Whether a segment has a class; `nil` when nobody rated that.
  package func rating(_ segment: Int, _ label: Int32) -> Bool? {
    find(segment, label).map { ratings[$0].isPositive }
  }

  /// For each segment the number of its video, which its id names before the last colon, and how many videos there are.
  func videos() -> (numbers: [UInt32], count: Int) {
    var numbers: [UInt32] = []
    numbers.reserveCapacity(segmentCount)
    var found: [[UInt8]: UInt32] = [:]
    for piece in pieces {
      for number in 0..<piece.ids.count {
        let video = piece.ids.withKey(number) { id in
          Array(id[..<(id.lastIndex(of: UInt8(ascii: ":")) ?? id.endIndex)])
        }
        let new = UInt32(truncatingIfNeeded: found.count)
        if found[video] == nil { found[video] = new }
        numbers.append(found[video] ?? new)
      }
    }
    return (numbers, found.count)
  }

  /// Calls `body` with each segment and each class it has.
  func forEachPositive(_ body: (_ segment: Int, _ label: Int32) -> Void) {
    for segment in heads.indices {
      var place = Int(heads[segment])
      while place >= 0 {
        if ratings[place].isPositive { body(segment, ratings[place].label) }
        place = Int(ratings[place].previous)
      }
    }
  }

  private func find(_ segment: Int, _ label: Int32) -> Int? {
    var place = Int(heads[segment])
    while place >= 0 {
      if ratings[place].label == label { return place }
      place = Int(ratings[place].previous)
    }
    return nil
  }

  private mutating func add(_ piece: TruthText.Piece) throws {
    let input = piece.input
    let base = heads.count
    var ids = KeyIndex(over: input.bytes, capacity: input.bytes.count / 64)
    try input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      do {
        while let line = lines.next() {
          let (id, label, score) = try SegmentTruth.fields(of: UnsafeRawBufferPointer(rebasing: bytes[line]))
          let segment = try number(of: id) ?? base + SegmentTruth.insert(id, into: &ids, bytes)
          if segment == heads.count { heads.append(-1) }
          if let place = find(segment, label) {
            ratings[place].isPositive = score > 0
          } else {
            guard ratings.count < Int(Int32.max) else {
              throw ByteReader.Fault(offset: 0, problem: "over 2³¹ ratings")
            }
            ratings.append(Rating(label: label, isPositive: score > 0, previous: heads[segment]))
            heads[segment] = Int32(ratings.count - 1)
          }
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, input.name, at: piece.hasLines ? .line(max(1, lines.number)) : nil, fault.problem,
          hint: piece.hasLines
            ? "ratings of segments are lines 'id:start,label,score', as tfrecord-tool labels --segments writes them"
            : nil)
      }
    }
    pieces.append((ids, base))
  }

  /// The number among `ids` of a segment that may be new.
  private static func insert(
    _ id: UnsafeRawBufferPointer, into ids: inout KeyIndex, _ bytes: UnsafeRawBufferPointer
  ) throws -> Int {
    let start = id.baseAddress.map { $0 - (bytes.baseAddress ?? $0) } ?? 0
    return try ids.insert(start..<start + id.count) ?? ids.count - 1
  }

  private static func fields(
    of line: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) -> (id: UnsafeRawBufferPointer, label: Int32, score: Double) {
    var fields = CSVFields(line)
    guard let id = try fields.next(), let second = try fields.next(), let third = try fields.next() else {
      throw .init(offset: 0, problem: "a rating has three columns")
    }
    guard fields.rest == nil else { throw .init(offset: 0, problem: "a rating has three columns") }
    guard !id.isEmpty else { throw .init(offset: 0, problem: "the id is empty") }
    guard let label = Int32(label: second) else { throw .init(notALabel: second) }
    guard let score = DecimalReading.whole(third) else {
      let text = String(decoding: third.prefix(24), as: UTF8.self)
      throw .init(offset: 0, problem: "the score '\(text.printable)' is not a number")
    }
    return (id, label, score)
  }
}
