import Bytes

extension PredictionFile {
  /// Writes all rows as CSV, in their order, below the file's header.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a broken row, and what `sink` throws.
  package func write(to sink: any ByteSink, _ format: NumberFormat, _ workers: Workers) throws {
    let sink = LateHeader(header + [UInt8(ascii: "\n")], into: sink)
    try writeBlocks(to: sink, format, workers) { id, pairs, text in
      try pairs.labels.withUnsafeBufferPointer { labels in
        let labels = UnsafeBufferPointer(rebasing: labels[..<pairs.count])
        try pairs.scores.withUnsafeBufferPointer { scores in
          try text.append(id: id, labels: labels, scores: scores)
        }
      }
    }
    try sink.finish()
  }

  /// Writes all rows as the JSON lines of Cloud batch prediction.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a broken row or of an id that is not UTF-8, and what `sink`
  ///   throws.
  package func writeJSON(to sink: any ByteSink, _ format: NumberFormat, _ workers: Workers) throws {
    try writeBlocks(to: sink, format, workers) { id, pairs, text in
      guard String(validating: id, as: UTF8.self) != nil else {
        throw ByteReader.Fault(offset: 0, problem: "the id is not UTF-8, as JSON must be")
      }
      var line: [UInt8] = []
      line.append(text: "{\"video_id\": ")
      line.append(jsonString: id)
      line.append(text: ", \"class_indexes\": [")
      for index in 0..<pairs.count {
        if index > 0 { line.append(text: ", ") }
        line.append(decimal: Int64(pairs.labels[index]))
      }
      line.append(text: "], \"predictions\": [")
      line.withUnsafeBytes { text.append($0) }
      for index in 0..<pairs.count {
        if index > 0 {
          text.append(byte: UInt8(ascii: ","))
          text.append(byte: UInt8(ascii: " "))
        }
        text.append(score: pairs.scores[index])
      }
      for byte in "]}\n".utf8 { text.append(byte: byte) }
    }
  }

  private func writeBlocks(
    to sink: any ByteSink, _ format: NumberFormat, _ workers: Workers,
    _ append: @escaping @Sendable (UnsafeRawBufferPointer, PredictionPairs, inout RowText) throws -> Void
  ) throws {
    var released = 0
    func release(_ end: Int) {
      // A release takes neighbouring pages along, so it must not be in the way of threads that read them.
      guard byteCount(of: released..<end) > 8 << 20 else { return }
      releaseRows(released..<end)
      released = end
    }
    try BlockWriting.write(rowCount: count, format: format, workers, to: sink, written: release) { rows, text in
      var pairs = PredictionPairs()
      for number in rows {
        try read(number, into: &pairs)
        do { try withRow(number) { try append($0.id, pairs, &text) } } catch let fault as ByteReader.Fault {
          throw KernelError(.badData, name, at: place(of: number), fault.problem)
        }
      }
    }
  }
}
