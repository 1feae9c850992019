import Bytes

/// The label-score pairs of one row, reused from row to row so that reading allocates nothing.
///
/// Memory: what the longest row needed, at most 3 bytes for each of its bytes.
package struct PredictionPairs: Sendable {
  /// Room for labels; the first ``count`` are those of the row, in its order.
  package private(set) var labels: [Int32] = []
  /// Room for scores; the first ``count`` are those of the row.
  package private(set) var scores: [Double] = []
  package private(set) var count = 0

  package init() {}

  /// Where spreadsheets cut a cell (Microsoft: "Excel specifications and limits").
  package static let spreadsheetLimit = 32_767
  static let spreadsheetHint = "spreadsheets cut cells there; take the file that never went through one"

  /// Parses `label score label score …`, separated by blanks.
  ///
  /// Labels are whole numbers from 0 to 2³¹ - 1; scores are decimal numbers in the range of a float32, of any number of
  /// digits, where those too small for a double become zero. A cell of exactly 32767 characters is refused, because a
  /// spreadsheet has most likely cut it in the middle of a number.
  ///
  /// - Throws: ``ByteReader/Fault`` telling which pair is wrong; the pairs are then of no meaning.
  package mutating func read(_ cell: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    count = 0
    guard cell.count != PredictionPairs.spreadsheetLimit else {
      throw .init(offset: 0, problem: "the cell is cut at 32767 characters")
    }
    // A pair takes four bytes with the blank that follows it.
    let room = cell.count / 4 + 1
    if labels.count < room {
      labels = Array(repeating: 0, count: max(64, room + room / 2))
      scores = Array(repeating: 0, count: labels.count)
    }
    let result = labels.withUnsafeMutableBufferPointer { labels in
      scores.withUnsafeMutableBufferPointer { scores in
        cell.withMemoryRebound(to: UInt8.self) { PredictionPairs.parse($0, labels, scores) }
      }
    }
    switch result {
    case .pairs(let found): count = found
    case .fault(let fault): throw fault
    }
  }

  private enum Outcome {
    case pairs(Int)
    case fault(ByteReader.Fault)
  }

  private static func parse(
    _ text: UnsafeBufferPointer<UInt8>, _ labels: UnsafeMutableBufferPointer<Int32>,
    _ scores: UnsafeMutableBufferPointer<Double>
  ) -> Outcome {
    guard let start = text.baseAddress, let labels = labels.baseAddress, let scores = scores.baseAddress else {
      return .pairs(0)
    }
    let end = start + text.count
    var cursor = start
    var count = 0
    while true {
      skipBlanks(&cursor, end)
      if cursor == end { return .pairs(count) }
      let first = cursor
      guard let label = label(&cursor, end) else { return .fault(labelFault(first, end, start)) }
      skipBlanks(&cursor, end)
      guard cursor < end else {
        return .fault(.init(offset: first - start, problem: "label \(label) has no score"))
      }
      let number = cursor
      let score = DecimalReading.double(&cursor, end)
      guard score.magnitude <= Double(Float.greatestFiniteMagnitude), cursor == end || isBlank(cursor.pointee)
      else { return .fault(scoreFault(number, end, start, label: label)) }
      labels[count] = label
      scores[count] = score
      count += 1
    }
  }

  /// The label that begins at `cursor`, which moves to its end; `nil` when it is none.
  @inline(__always)
  private static func label(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int32? {
    if end - cursor >= 8, case let word = DigitWord.load(cursor), case let count = DigitWord.digitCount(word),
      1..<8 ~= count, isBlank(cursor[count])
    {
      cursor += count
      return Int32(truncatingIfNeeded: DigitWord.value(word, count))
    }
    let first = cursor
    var label: UInt64 = 0
    while cursor < end, case let digit = cursor.pointee &- UInt8(ascii: "0"), digit < 10 {
      if label < 1 << 32 { label = label &* 10 &+ UInt64(digit) }
      cursor += 1
    }
    guard cursor > first, cursor == end || isBlank(cursor.pointee) else { return nil }
    return Int32(exactly: label)
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  @inline(__always)
  private static func skipBlanks(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    while cursor < end, isBlank(cursor.pointee) { cursor += 1 }
  }
}

/// What is wrong with a pair, found after the fact.
extension PredictionPairs {
  private static func labelFault(
    _ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>
  ) -> ByteReader.Fault {
    let word = word(place, end)
    if let label = Int(word), label < 0 {
      return .init(offset: place - start, problem: "label \(label) is negative")
    }
    let rest = UnsafeBufferPointer(start: place, count: end - place).prefix { !isBlank($0) }
    let isNumber = rest.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    return .init(
      offset: place - start,
      problem: isNumber ? "label \(word) exceeds \(Int32.max)" : "'\(word)' is not a label (a whole number from 0)")
  }

  private static func scoreFault(
    _ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, label: Int32
  ) -> ByteReader.Fault {
    let word = word(place, end)
    var cursor = place
    let value = DecimalReading.double(&cursor, end)
    let isWhole = !value.isNaN && (cursor == end || isBlank(cursor.pointee))
    let problem =
      isWhole
      ? "the score \(word) of label \(label) is too large for a float32"
      : "'\(word)', the score of label \(label), is not a number"
    return .init(offset: place - start, problem: problem)
  }

  /// The word at `place` for a message.
  private static func word(_ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> String {
    let rest = UnsafeBufferPointer(start: place, count: end - place)
    let word = rest.prefix { !isBlank($0) }
    let shown = String(decoding: word.prefix(24), as: UTF8.self).printable
    return word.count > 24 ? shown + "…" : shown
  }
}
