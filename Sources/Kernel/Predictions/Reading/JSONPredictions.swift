import Bytes

/// The JSON lines of Cloud batch prediction: `{"video_id": …, "class_indexes": […], "predictions": […]}` (specs:
/// tm_google §9), where each value may be wrapped in a list of one.
enum JSONPredictions {
  /// The same predictions as the rows of a CSV file, with all their digits.
  ///
  /// Memory: 24 bytes a line, and the text (beyond 64 MiB in an unnamed file).
  ///
  /// - Throws: ``KernelError`` `.badData` with the line.
  static func text(of input: WholeInput, _ workers: Workers) throws -> WholeInput {
    var lines: [(range: Range<Int>, number: Int)] = []
    input.bytes.withUnsafeBytes { bytes in
      var text = TextLines(bytes)
      while let line = text.next() { lines.append((line, text.number)) }
    }
    let found = lines
    return try WholeInput(named: input.name) { sink in
      try sink.write(RowText.header + [UInt8(ascii: "\n")])
      try BlockWriting.write(rowCount: found.count, format: .shortest, workers, to: sink) { rows, text in
        var row = Row()
        for number in rows {
          do {
            try input.bytes.withUnsafeBytes {
              try row.read(UnsafeRawBufferPointer(rebasing: $0[found[number].range]))
            }
            try row.append(to: &text)
          } catch let fault as ByteReader.Fault {
            throw KernelError(.badData, input.name, at: .line(found[number].number), fault.problem)
          }
        }
      }
    }
  }

  /// One line.
  private struct Row {
    var id: String?
    var labels: [Int32] = []
    var scores: [Double] = []

    mutating func read(_ line: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
      id = nil
      labels.removeAll(keepingCapacity: true)
      scores.removeAll(keepingCapacity: true)
      var hasLabels = false
      var hasScores = false
      var reader = JSONReader(line)
      try reader.object { reader, key throws(ByteReader.Fault) in
        switch key {
        case "video_id": id = try Row.id(&reader)
        case "class_indexes":
          hasLabels = true
          try Row.list(&reader) { reader throws(ByteReader.Fault) in
            let label = try reader.int64()
            guard label >= 0, label <= Int64(Int32.max) else { throw reader.fault("\(label) is not a label") }
            labels.append(Int32(label))
          }
        case "predictions":
          hasScores = true
          try Row.list(&reader) { reader throws(ByteReader.Fault) in
            let score = try reader.double()
            guard score.magnitude <= Double(Float.greatestFiniteMagnitude) else {
              throw reader.fault("a score is too large for a float32")
            }
            scores.append(score)
          }
        default: try reader.skip()
        }
      }
      try reader.end()
      guard let id, hasLabels, hasScores else {
        throw reader.fault("a line must have video_id, class_indexes and predictions")
      }
      guard labels.count == scores.count else {
        throw reader.fault("\(labels.count) class_indexes, but \(scores.count) predictions")
      }
      guard !id.isEmpty else { throw reader.fault("the id is empty") }
    }

    /// A string, or a list of one.
    private static func id(_ reader: inout JSONReader) throws(ByteReader.Fault) -> String {
      guard try reader.peek() == .array else { return try reader.string() }
      var ids: [String] = []
      try reader.array { reader throws(ByteReader.Fault) in ids.append(try reader.string()) }
      guard ids.count == 1 else { throw reader.fault("video_id is a list of \(ids.count)") }
      return ids[0]
    }

    /// A list of numbers, or a list of one such list.
    private static func list(
      _ reader: inout JSONReader, _ number: (inout JSONReader) throws(ByteReader.Fault) -> Void
    ) throws(ByteReader.Fault) {
      var listCount = 0
      var numberCount = 0
      try reader.array { reader throws(ByteReader.Fault) in
        guard try reader.peek() == .array else {
          numberCount += 1
          return try number(&reader)
        }
        listCount += 1
        try reader.array { reader throws(ByteReader.Fault) in try number(&reader) }
      }
      guard listCount == 0 || (listCount == 1 && numberCount == 0) else {
        throw reader.fault("a list of numbers, or a list of one such list, is expected")
      }
    }

    func append(to text: inout RowText) throws(ByteReader.Fault) {
      var id = id ?? ""
      let result = id.withUTF8 { id in
        labels.withUnsafeBufferPointer { labels in
          scores.withUnsafeBufferPointer { scores in
            Result { () throws(ByteReader.Fault) in
              try text.append(id: UnsafeRawBufferPointer(id), labels: labels, scores: scores)
            }
          }
        }
      }
      try result.get()
    }
  }
}
