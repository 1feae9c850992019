import Bytes

extension SubmissionCheck {
  mutating func checkSegments(_ input: WholeInput, _ template: SegmentFile?) {
    var lineNumbers: [Int32: Int] = [:]
    let wanted = template.map { Set($0.rows.map(\.label)) }
    input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      var isFirst = true
      var cut = SpreadsheetCut()
      while let line = lines.next() {
        let row = UnsafeRawBufferPointer(rebasing: bytes[line])
        rowCount += 1
        do {
          let fields = try SegmentFile.fields(of: row)
          if isFirst {
            isFirst = false
            if fields == nil {
              checkHeader(row, template?.header ?? SegmentFile.header)
              rowCount -= 1
              continue
            }
            find(.line(lines.number), "there is no header Class,Segments")
          }
          guard let (label, ids) = fields else {
            throw ByteReader.Fault(
              offset: 0,
              problem: "'\(SubmissionCheck.text(row))' does not begin with a class (a whole number from 0)")
          }
          if let first = lineNumbers[label] {
            find(.line(lines.number), "class \(label) is in line \(first) already")
          } else {
            lineNumbers[label] = lines.number
          }
          if let template, wanted?.contains(label) == false {
            find(.line(lines.number), "class \(label) is not in \(template.name)")
          }
          cut.note(ids.count, line: lines.number)
          checkIDs(SegmentIDs(UnsafeRawBufferPointer(rebasing: row[ids])), label, lines.number)
        } catch let fault as ByteReader.Fault { find(.line(lines.number), fault.problem) } catch {
          find(.line(lines.number), "\(error)")
        }
      }
      if let line = cut.line { find(.line(line), SpreadsheetCut.problem) }
    }
    if rowCount == 0 { find(nil, "has no rows") }
    for row in template?.rows ?? [] where lineNumbers[row.label] == nil {
      find(nil, "there is no line for class \(row.label)")
    }
  }

  /// The ids of a class: `video:start`, where segments start every five seconds, none twice.
  private mutating func checkIDs(_ ids: SegmentIDs, _ label: Int32, _ lineNumber: Int) {
    let place = KernelError.Place.line(lineNumber)
    var seen: Set<[UInt8]> = []
    var count = 0
    var repeated: String?
    var malformed: String?
    for id in ids {
      count += 1
      if malformed == nil, !SubmissionCheck.isSegment(id) { malformed = SubmissionCheck.text(id) }
      if !seen.insert(Array(id)).inserted, repeated == nil { repeated = SubmissionCheck.text(id) }
    }
    if count == 0 { find(place, "class \(label) has no segments") }
    if let malformed {
      find(place, "'\(malformed)' is not a segment (a video's id, a colon, and a multiple of 5)")
    }
    if let repeated { find(place, "segment \(repeated) is there twice") }
    if count > limits.segmentCount {
      find(place, "class \(label) has \(count) segments, more than \(limits.segmentCount)")
    }
  }

  private static func isSegment(_ id: UnsafeRawBufferPointer) -> Bool {
    guard let colon = id.lastIndex(of: UInt8(ascii: ":")), colon > 0, id.allSatisfy({ $0 > 0x20 }) else {
      return false
    }
    let start = id[(colon + 1)...]
    guard !start.isEmpty, start.count <= 9, start.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return false }
    return start.last == UInt8(ascii: "0") || start.last == UInt8(ascii: "5")
  }
}
