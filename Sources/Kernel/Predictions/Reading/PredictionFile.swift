import Bytes
import Glibc

/// A file of predictions: a header, and for each video a row of its id and its label-score pairs
/// (`VideoId,LabelConfidencePairs`; specs: miha2018 §7), read in place, in any order.
///
/// Plain, gzip, or `-` for standard input. A byte order mark, CR LF, empty lines and quoted fields do not matter; ids
/// are text, whatever they look like (`1e10`, `007`, `-x`), and lines may have any length.
///
/// Opening finds the rows and checks that each has an id of its own, but parses no pairs. Memory: 13 to 19 bytes a row
/// (24 while the table grows); the file itself is mapped, a stream beyond 64 MiB as an unnamed file in `$TMPDIR`. Pages
/// are given back while opening; a caller that goes through the rows can do so with ``releaseRows(_:)``, so that files
/// of any size take bounded memory, most easily where they are in the same order.
package struct PredictionFile: Sendable {
  /// What messages call the file.
  package let name: String
  /// The first line, without its end.
  package let header: [UInt8]
  let bytes: ByteView
  let index: RowIndex
  private let hasLines: Bool

  /// Opens `path` and finds its rows.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` with the line when there is no header, a
  ///   row has no id or no second column, or an id is there twice.
  package init(_ path: String) throws {
    try self.init(WholeInput(path, spoolingBeyond: WholeInput.spoolSize))
  }

  /// The same of what is open already.
  package init(_ input: WholeInput) throws { try self.init(input, made: false) }

  /// - Parameter isMade: whether the text was made of something else, so that its lines mean nothing to anybody.
  init(_ input: WholeInput, made isMade: Bool) throws {
    name = input.name
    bytes = input.bytes
    hasLines = !isMade
    guard bytes.count < RowIndex.byteLimit else {
      throw KernelError(.badData, input.name, "is larger than a terabyte")
    }
    var header: [UInt8] = []
    var index = RowIndex(capacity: 0)
    try bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      var queue = RowQueue(bytes, made: isMade)
      do {
        header = try PredictionFile.header(of: bytes, lines.next())
        index = RowIndex(capacity: PredictionFile.estimatedRowCount(bytes))
        var released = 0
        while let line = lines.next() {
          try queue.append(line, number: lines.number, to: &index)
          if line.upperBound - released > 8 << 20 {
            input.bytes.releasePages(released..<line.upperBound)
            released = line.upperBound
          }
        }
        try queue.finish(&index)
      } catch let fault as ByteReader.Fault {
        let number = queue.faultNumber ?? max(1, lines.number)
        throw KernelError(
          .badData, input.name, at: isMade ? nil : .line(number), fault.problem,
          hint: !isMade && number <= 1 ? "a prediction file begins with VideoId,LabelConfidencePairs" : nil)
      }
    }
    self.header = header
    self.index = index
  }

  private static func header(of bytes: UnsafeRawBufferPointer, _ line: Range<Int>?) throws(ByteReader.Fault)
    -> [UInt8]
  {
    guard let line else { throw .init(offset: 0, problem: "the file is empty") }
    var fields = CSVFields(UnsafeRawBufferPointer(rebasing: bytes[line]))
    guard try fields.next() != nil, let second = fields.rest else {
      throw .init(offset: 0, problem: "the header has a single column")
    }
    if let first = second.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
      throw .init(offset: 0, problem: "there is no header: the first line is a row")
    }
    return Array(bytes[line])
  }

  static func id(of line: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> UnsafeRawBufferPointer {
    var fields = CSVFields(line)
    guard let id = try fields.next(), fields.rest != nil else {
      throw .init(offset: 0, problem: "the row has a single column")
    }
    guard !id.isEmpty else { throw .init(offset: 0, problem: "the id is empty") }
    return id
  }

  /// How many rows there are if those at the beginning are like the others, and a few more.
  static func estimatedRowCount(_ bytes: UnsafeRawBufferPointer) -> Int {
    let sample = min(bytes.count, 1 << 16)
    let lineCount = bytes.lineNumber(at: sample)
    // Rows that look short need not be: beyond this the index grows when they come.
    return min(
      bytes.count / 4, 1 << 22, Int(Double(bytes.count) / Double(max(sample, 1)) * Double(lineCount) * 1.02) + 16)
  }

  package var count: Int { index.count }

  /// The number of the row of the video with this id.
  package func number(of id: UnsafeRawBufferPointer) -> Int? {
    bytes.withUnsafeBytes { index.number(of: id, in: $0) }
  }

  /// The same, where row `guess` is likely: the one after the row found last, when files are in the same order.
  package func number(of id: UnsafeRawBufferPointer, guess: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      if guess < index.count, bytes.hasID(id, at: index.start(of: guess)) { return guess }
      return index.number(of: id, in: bytes)
    }
  }

  /// Calls `body` with a row, whose bytes are valid during the call.
  package func withRow<R>(_ number: Int, _ body: (PredictionRow) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(PredictionRow($0, at: index.start(of: number))) }
  }

  /// Parses a row's label-score pairs into `pairs`.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line.
  package func read(_ number: Int, into pairs: inout PredictionPairs) throws {
    try withRow(number) { row in
      do { try pairs.read(row.cell) } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, name, at: place(of: number), "video \(row.idText.printable): \(fault.problem)",
          hint: row.cell.count == PredictionPairs.spreadsheetLimit ? PredictionPairs.spreadsheetHint : nil)
      }
    }
  }

  /// Where a row is, for messages; `nil` when the file has no lines.
  package func place(of number: Int) -> KernelError.Place? { hasLines ? .line(lineNumber(of: number)) : nil }

  /// The line of a row in the file, from 1; found by counting.
  package func lineNumber(of number: Int) -> Int {
    bytes.withUnsafeBytes { $0.lineNumber(at: index.start(of: number)) }
  }

  /// Bytes of the rows `numbers`, which lie one after another.
  package func byteCount(of numbers: Range<Int>) -> Int { stretch(numbers).count }

  /// Gives the memory pages of rows back that will not be needed soon; reading them again stays correct.
  package func releaseRows(_ numbers: Range<Int>) { bytes.releasePages(stretch(numbers)) }

  private func stretch(_ numbers: Range<Int>) -> Range<Int> {
    guard !numbers.isEmpty else { return 0..<0 }
    let end = numbers.upperBound < count ? index.start(of: numbers.upperBound) : bytes.count
    return index.start(of: numbers.lowerBound)..<end
  }
}

/// A row of a ``PredictionFile`` in place.
package struct PredictionRow {
  /// All of it, without the line's end.
  package let line: UnsafeRawBufferPointer
  package let id: UnsafeRawBufferPointer
  /// What follows the id: the pairs, without quotes.
  package let cell: UnsafeRawBufferPointer

  package var idText: String { String(decoding: id, as: UTF8.self) }

  /// The row whose line begins at `start`; its fields have been checked.
  init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    let newline = rest.baseAddress.flatMap { memchr($0, Int32(UInt8(ascii: "\n")), rest.count) }
    var end = newline.map { UnsafeRawPointer($0) - (rest.baseAddress ?? UnsafeRawPointer($0)) } ?? rest.count
    if end > 0, rest[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    line = UnsafeRawBufferPointer(rebasing: rest[..<end])
    id = bytes.id(at: start)
    var first = min(end, id.count + (line.first == UInt8(ascii: "\"") ? 3 : 1))
    if end - first >= 2, line[first] == UInt8(ascii: "\""), line[end - 1] == UInt8(ascii: "\"") {
      first += 1
      end -= 1
    }
    cell = UnsafeRawBufferPointer(rebasing: line[first..<end])
  }
}

extension UnsafeRawBufferPointer {
  /// The number of the line in which `offset` lies, from 1.
  func lineNumber(at offset: Int) -> Int {
    self[..<offset].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
  }
}
