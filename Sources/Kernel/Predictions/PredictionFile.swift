import Bytes

/// A file of predictions: a header, and for each video a row of its id and its label-score pairs
/// (`VideoId,LabelConfidencePairs`; specs: miha2018 §7), read in place.
///
/// Plain, gzip, or `-` for standard input. Memory: the file is mapped (or held, if compressed or piped), plus about 60
/// bytes a row for the index by id. Nothing is parsed beyond the id.
package struct PredictionFile: Sendable {
  /// What messages call the file.
  package let name: String
  /// The first line, without its end.
  package let header: [UInt8]
  private let bytes: ByteView
  private var rows: [Range<Int>] = []
  private var ids: KeyIndex

  /// Opens `path` and finds its rows.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` with the line when there is no header, a
  ///   row has no id or no second column, or an id is there twice.
  package init(_ path: String) throws {
    let input = try WholeInput(path)
    name = input.name
    bytes = input.bytes
    ids = KeyIndex(over: bytes, capacity: bytes.count / 256)
    var header: [UInt8] = []
    var found: (rows: [Range<Int>], ids: KeyIndex) = ([], ids)
    try bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      do {
        header = try PredictionFile.header(of: bytes, lines.next())
        while let line = lines.next() {
          let id = try PredictionFile.id(of: line, in: bytes)
          if let earlier = try found.ids.insert(id) {
            let text = String(decoding: bytes[id], as: UTF8.self)
            let first = PredictionFile.lineNumber(at: found.rows[earlier].lowerBound, in: bytes)
            throw ByteReader.Fault(offset: 0, problem: "video \(text) is in line \(first) already")
          }
          found.rows.append(line)
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, input.name, at: .line(max(1, lines.number)), fault.problem,
          hint: lines.number <= 1 ? "a prediction file begins with VideoId,LabelConfidencePairs" : nil)
      }
    }
    self.header = header
    (rows, ids) = found
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

  /// Where the id of the row at `line` is.
  private static func id(
    of line: Range<Int>, in bytes: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) -> Range<Int> {
    let row = UnsafeRawBufferPointer(rebasing: bytes[line])
    var fields = CSVFields(row)
    guard let id = try fields.next(), fields.rest != nil else {
      throw .init(offset: 0, problem: "the row has a single column")
    }
    guard !id.isEmpty, let start = id.baseAddress, let base = bytes.baseAddress else {
      throw .init(offset: 0, problem: "the id is empty")
    }
    return (start - base)..<(start - base + id.count)
  }

  private static func lineNumber(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    bytes[..<offset].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
  }

  package var count: Int { rows.count }

  /// The number of the row of the video with this id.
  package func number(of id: UnsafeRawBufferPointer) -> Int? { ids.number(of: id) }

  /// Calls `body` with a row, whose bytes are valid during the call.
  package func withRow<R>(_ number: Int, _ body: (PredictionRow) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { bytes in
      try body(
        PredictionRow(
          line: UnsafeRawBufferPointer(rebasing: bytes[rows[number]]),
          id: UnsafeRawBufferPointer(rebasing: bytes[ids.keys[number]])))
    }
  }

  /// The line of a row in the file, from 1.
  package func lineNumber(of number: Int) -> Int {
    bytes.withUnsafeBytes { PredictionFile.lineNumber(at: rows[number].lowerBound, in: $0) }
  }
}

/// A row of a ``PredictionFile`` in place.
package struct PredictionRow {
  /// All of it, without the line's end.
  package let line: UnsafeRawBufferPointer
  package let id: UnsafeRawBufferPointer

  package var idText: String { String(decoding: id, as: UTF8.self) }
}
