import Bytes
import Glibc

/// The standard deviation of each video's mean image, as a CSV file with the columns `vids` and `std` says it
/// (`vids_by_std.csv` of the 2018 1st place; specs: miha2018 §6). Other columns and their order do not matter.
///
/// Memory: the file is mapped (or held, if compressed or piped), plus about 40 bytes a row.
package struct DeviationTable: Sendable {
  /// What messages call the file.
  package let name: String
  private var ids: KeyIndex
  private var deviations: [Double] = []
  /// Rows whose id an earlier row has too.
  package private(set) var repeatedCount = 0

  /// Reads the table at `path` (`-` is standard input). Of several rows with one id the largest number counts, because
  /// the reference keeps a video if any of its rows does; an empty field or `nan` is no number.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line where it is not such a table.
  package init(_ path: String) throws {
    let input = try WholeInput(path)
    name = input.name
    ids = KeyIndex(over: input.bytes, capacity: input.bytes.count / 32)
    try input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      do {
        let header = lines.next().map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        let columns = try DeviationTable.columns(header ?? UnsafeRawBufferPointer(start: nil, count: 0))
        while let range = lines.next() {
          let row = UnsafeRawBufferPointer(rebasing: bytes[range])
          let (id, number) = try DeviationTable.fields(of: row, columns)
          guard let base = bytes.baseAddress, let start = id.baseAddress else { continue }
          try add((start - base)..<(start - base + id.count), number)
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(
          .badData, name, at: .line(max(1, lines.number)), fault.problem,
          hint: lines.number <= 1 ? "fake-filter scan makes such a table" : nil)
      }
    }
  }

  private mutating func add(_ id: Range<Int>, _ number: Double) throws {
    guard let earlier = try ids.insert(id) else { return deviations.append(number) }
    repeatedCount += 1
    // `max` of a NaN and a number is not what is wanted.
    if !(deviations[earlier] >= number), !number.isNaN { deviations[earlier] = number }
  }

  private struct Columns {
    var vids: Int
    var std: Int
  }

  private static func columns(_ header: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Columns {
    var fields = CSVFields(header)
    var vids: Int?
    var std: Int?
    var column = 0
    while let field = try fields.next() {
      if field.elementsEqual("vids".utf8) { vids = column }
      if field.elementsEqual("std".utf8) { std = column }
      column += 1
    }
    guard let vids else { throw .init(offset: 0, problem: "there is no column vids") }
    guard let std else { throw .init(offset: 0, problem: "there is no column std") }
    return Columns(vids: vids, std: std)
  }

  private static func fields(
    of row: UnsafeRawBufferPointer, _ columns: Columns
  ) throws(ByteReader.Fault) -> (id: UnsafeRawBufferPointer, number: Double) {
    var fields = CSVFields(row)
    var id: UnsafeRawBufferPointer?
    var number: Double?
    var column = 0
    while let field = try fields.next() {
      if column == columns.vids { id = field }
      if column == columns.std { number = try DeviationTable.number(field) }
      column += 1
    }
    guard let id, let number else { throw .init(offset: 0, problem: "the row has only \(column) fields") }
    guard !id.isEmpty else { throw .init(offset: 0, problem: "the id is empty") }
    return (id, number)
  }

  private static func number(_ field: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Double {
    if field.isEmpty { return .nan }
    var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    let value = withUnsafeMutableBytes(of: &text) { copy -> Double? in
      // One byte stays zero and ends the text.
      guard field.count < copy.count else { return nil }
      copy.copyMemory(from: field)
      guard let start = copy.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
      var end: UnsafeMutablePointer<CChar>?
      let value = strtod(start, &end)
      return end == start + field.count ? value : nil
    }
    guard let value, value.isNaN || value >= 0 else {
      throw .init(offset: 0, problem: "'\(String(decoding: field, as: UTF8.self))' is not a standard deviation")
    }
    return value
  }

  /// How many videos the table tells of.
  package var count: Int { ids.count }

  /// What the table says of a video.
  package enum Verdict: Sendable { case good, fake, unknown }

  /// Whether the video's number is above `threshold`; unknown without a row or a number.
  package func verdict(on id: UnsafeRawBufferPointer, threshold: Double) -> Verdict {
    ids.number(of: id).map { verdict(onRow: $0, threshold: threshold) } ?? .unknown
  }

  /// Calls `body` with each video of the table, in the order of the file.
  package func forEach(
    threshold: Double, _ body: (_ id: UnsafeRawBufferPointer, Verdict) throws -> Void
  ) rethrows {
    for number in 0..<ids.count {
      try ids.withKey(number) { try body($0, verdict(onRow: number, threshold: threshold)) }
    }
  }

  private func verdict(onRow number: Int, threshold: Double) -> Verdict {
    deviations[number].isNaN ? .unknown : deviations[number] > threshold ? .good : .fake
  }

  /// The error for videos of which the table tells nothing, or no number; `nil` when there are none.
  func missingError(_ videos: [String]) -> KernelError? {
    guard !videos.isEmpty else { return nil }
    let listed = videos.prefix(20).joined(separator: ", ") + (videos.count > 20 ? ", …" : "")
    return KernelError(
      .badData, name, "tells no std of \(videos.count == 1 ? "1 video" : "\(videos.count) videos"): \(listed)",
      hint: "--missing keep or drop decides for them; fake-filter scan makes a complete table")
  }
}
