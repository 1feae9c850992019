import Bytes

/// What sort of predictions a file holds, told from its beginning.
package enum PredictionFormat: Sendable, Equatable {
  /// Rows `id,label score label score …` after a header.
  case videos
  /// Rows `class,id id …`, with or without a header.
  case segments
  /// The lines of Cloud batch prediction.
  case jsonLines
  /// Arrays of numpy.
  case npz

  /// The format of the file whose (uncompressed) contents are `bytes`; what is none of them is taken for ``videos``, whose
  /// reader tells what is wrong.
  package init(_ bytes: ByteView) {
    self = bytes.withUnsafeBytes { PredictionFormat.recognize($0) }
  }

  /// The same of what is open.
  ///
  /// - Throws: ``KernelError`` `.badData` when there is no line at all.
  package init(of input: WholeInput) throws {
    let isEmpty = input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      return lines.next() == nil
    }
    if isEmpty { throw KernelError(.badData, input.name, "the file is empty") }
    self.init(input.bytes)
  }

  private static func recognize(_ bytes: UnsafeRawBufferPointer) -> PredictionFormat {
    if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) { return .npz }
    var lines = TextLines(bytes)
    guard let range = lines.next() else { return .videos }
    let line = bytes[range]
    if line.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "{") { return .jsonLines }
    return isOfSegments(UnsafeRawBufferPointer(rebasing: line)) ? .segments : .videos
  }

  /// Whether the first line of a file is the header `Class,…` or `class,id …` where the first id is of a segment: `class`
  /// is a number, and the id has a colon. Fields may be quoted.
  private static func isOfSegments(_ line: UnsafeRawBufferPointer) -> Bool {
    var fields = CSVFields(line)
    guard let first = try? fields.next(), let cell = fields.rest else { return false }
    let title = Array("class".utf8)
    if first.count == title.count, first.map({ $0 | 0x20 }).elementsEqual(title) { return true }
    guard !first.isEmpty, first.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return false }
    return cell.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") }.contains(UInt8(ascii: ":"))
  }
}

extension PredictionFile {
  /// Opens predictions of videos of any format: CSV in place, JSON lines and `.npz` as the CSV text of the same numbers.
  ///
  /// - Throws: ``KernelError`` as the readers do, and `.badData` for predictions of segments.
  package init(anyFormat path: String, _ workers: Workers) throws {
    try self.init(anyFormat: WholeInput(path, spoolingBeyond: WholeInput.spoolSize), workers)
  }

  /// The same of what is open already.
  package init(anyFormat input: WholeInput, _ workers: Workers) throws {
    switch PredictionFormat(input.bytes) {
    case .videos:
      try self.init(input)
      try demandUsualHeader()
    case .jsonLines: try self.init(JSONPredictions.text(of: input, workers), made: true)
    case .npz: try self.init(PredictionArrays(input).text(workers), made: true)
    case .segments:
      throw KernelError(
        .badData, input.name, at: .line(1), "ranks the segments of classes where predictions of videos are expected"
      )
    }
  }

  /// Refuses another header than `VideoId,LabelConfidencePairs`; upper and lower case do not matter (WILLOW's
  /// `file_averaging.py` writes `VideoID`).
  private func demandUsualHeader() throws {
    func lowercased(_ text: [UInt8]) -> [UInt8] {
      text.filter { $0 != UInt8(ascii: "\"") }.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }
    guard lowercased(header) != lowercased(RowText.header) else { return }
    throw KernelError(
      .badData, name, at: .line(1),
      "the header is '\(String(decoding: header.prefix(80), as: UTF8.self).printable)'",
      hint: "predictions of videos begin with VideoId,LabelConfidencePairs, ranked segments with Class,Segments")
  }
}
