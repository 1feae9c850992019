import Bytes
import Glibc

/// A file of ranked segments: for each class a line of segment ids, best first (`Class,Segments`; specs: tm_google §4.2),
/// read in place.
///
/// The header may be missing, as in the 2019 solution's files. Memory: 24 bytes a class; the file itself is mapped, a
/// stream beyond 64 MiB as an unnamed file. Lines may have any length.
package struct SegmentFile: Sendable {
  /// One line.
  package struct Row: Sendable {
    package let label: Int32
    /// The line's number in the file, from 1.
    package let lineNumber: Int
    /// Where the ids lie in the file.
    fileprivate let ids: Range<Int>
  }

  /// What messages call the file.
  package let name: String
  /// The first line when it is a header, without its end.
  package let header: [UInt8]?
  /// In the order of the file.
  package let rows: [Row]
  private let bytes: ByteView

  /// The first line as the starter code writes it.
  package static let header = Array("Class,Segments".utf8)

  /// - Parameter takesLast: whether the last line of a class counts, as in the published evaluation, rather than a second
  ///   one being refused; it stands where the first did.
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` with the line for what is no class or is
  ///   there twice, for a tab, for a cell of 32767 characters unless there are longer ones, since a spreadsheet has most
  ///   likely cut it, or when there is no class at all.
  package init(_ path: String, takesLast: Bool = false) throws {
    try self.init(WholeInput(path, spoolingBeyond: WholeInput.spoolSize), takesLast: takesLast)
  }

  /// The same of what is open already.
  package init(_ input: WholeInput, takesLast: Bool = false) throws {
    var header: [UInt8]?
    var rows: [Row] = []
    try input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      var places: [Int32: Int] = [:]
      var cut = SpreadsheetCut()
      do {
        var released = 0
        while let line = lines.next() {
          if line.lowerBound - released > 8 << 20 {
            input.bytes.releasePages(released..<line.lowerBound)
            released = line.lowerBound
          }
          let text = UnsafeRawBufferPointer(rebasing: bytes[line])
          guard let (label, cell) = try SegmentFile.fields(of: text) else {
            guard rows.isEmpty, header == nil else {
              throw ByteReader.Fault(
                offset: 0, problem: "'\(SegmentFile.beginning(text))' is not a class (a whole number from 0)")
            }
            header = Array(text)
            continue
          }
          let ids = line.lowerBound + cell.lowerBound..<line.lowerBound + cell.upperBound
          if let base = text.baseAddress,
            memchr(base + cell.lowerBound, Int32(UInt8(ascii: "\t")), cell.count) != nil
          {
            throw ByteReader.Fault(offset: 0, problem: "class \(label): there is a tab where a blank belongs")
          }
          cut.note(cell.count, line: lines.number)
          let row = Row(label: label, lineNumber: lines.number, ids: ids)
          if let earlier = places[label] {
            guard takesLast else {
              throw ByteReader.Fault(
                offset: 0, problem: "class \(label) is in line \(rows[earlier].lineNumber) already")
            }
            rows[earlier] = row
          } else {
            places[label] = rows.count
            rows.append(row)
          }
        }
        guard !rows.isEmpty else { throw ByteReader.Fault(offset: 0, problem: "there is no class") }
        if let line = cut.line {
          throw KernelError(
            .badData, input.name, at: .line(line), SpreadsheetCut.problem, hint: PredictionPairs.spreadsheetHint)
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, input.name, at: .line(max(1, lines.number)), fault.problem,
          hint: rows.isEmpty ? "a file of ranked segments has lines 'class,id id …'" : nil)
      }
    }
    name = input.name
    bytes = input.bytes
    self.header = header
    self.rows = rows
  }

  /// The class of a line and where its ids are; `nil` when it begins with no number.
  static func fields(
    of line: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) -> (label: Int32, ids: Range<Int>)? {
    var fields = CSVFields(line)
    guard let first = try fields.next() else { return nil }
    guard let cell = fields.rest else { throw .init(offset: 0, problem: "the row has a single column") }
    guard !first.isEmpty, first.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else {
      guard first.first == UInt8(ascii: "-") else { return nil }
      throw .init(offset: 0, problem: "class \(beginning(first)) is negative")
    }
    guard let label = Int32(label: first) else {
      throw .init(offset: 0, problem: "class \(beginning(first)) exceeds \(Int32.max)")
    }
    var ids = line.count - cell.count..<line.count
    if cell.count >= 2, cell.first == UInt8(ascii: "\""), cell.last == UInt8(ascii: "\"") {
      ids = ids.lowerBound + 1..<ids.upperBound - 1
    }
    return (label, ids)
  }

  private static func beginning(_ text: UnsafeRawBufferPointer) -> String {
    String(decoding: text.prefix(24), as: UTF8.self).printable + (text.count > 24 ? "…" : "")
  }

  /// Calls `body` with the ids of a row, best first, which are valid during the call.
  package func withIDs<R>(_ number: Int, _ body: (SegmentIDs) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(SegmentIDs(UnsafeRawBufferPointer(rebasing: $0[rows[number].ids]))) }
  }

  /// Gives the memory pages of a row back that will not be needed soon.
  package func releaseRow(_ number: Int) { bytes.releasePages(rows[number].ids) }
}

/// The ids of a line of a ``SegmentFile``, separated by blanks, in place.
package struct SegmentIDs: Sequence, IteratorProtocol {
  private let text: UnsafeRawBufferPointer
  private var offset = 0

  package init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// Bytes of the line that the ids take.
  package var byteCount: Int { text.count }

  @inline(__always)
  package mutating func next() -> UnsafeRawBufferPointer? {
    guard let base = text.baseAddress else { return nil }
    while offset < text.count, text[offset] == UInt8(ascii: " ") { offset += 1 }
    guard offset < text.count else { return nil }
    let start = offset
    while text.count - offset >= 8 {
      // The lowest of these bits is that of the first blank (Warren, Hacker's Delight, 6-1).
      let word = UInt64(littleEndian: (base + offset).loadUnaligned(as: UInt64.self)) ^ 0x2020_2020_2020_2020
      let blanks = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      offset += blanks.trailingZeroBitCount / 8
      if blanks != 0 { return UnsafeRawBufferPointer(start: base + start, count: offset - start) }
    }
    while offset < text.count, text[offset] != UInt8(ascii: " ") { offset += 1 }
    return UnsafeRawBufferPointer(start: base + start, count: offset - start)
  }
}
