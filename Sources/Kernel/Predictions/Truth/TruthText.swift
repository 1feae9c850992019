import Bytes
import Records

/// Ground truth as text: CSV files as they are, record files as `tfrecord-tool labels` writes them.
enum TruthText {
  /// What is to be known.
  enum Kind: Sendable { case videos, segments }

  /// A text and what messages call it.
  struct Piece {
    let input: WholeInput
    /// Whether the lines are those of the file, so that a message may name them.
    let hasLines: Bool
  }

  /// A piece for each CSV file, and one for all record files.
  ///
  /// Memory: CSV files are mapped; of records the text is held, beyond 64 MiB in an unnamed file.
  ///
  /// - Throws: ``KernelError`` when a file cannot be read or a record is damaged.
  static func pieces(_ files: [String], _ kind: Kind, _ workers: Workers) throws -> [Piece] {
    var pieces: [Piece] = []
    var records: [String] = []
    for file in files {
      if try isRecordFile(file) {
        records.append(file)
      } else {
        pieces.append(Piece(input: try WholeInput(file, spoolingBeyond: WholeInput.spoolSize), hasLines: true))
      }
    }
    if !records.isEmpty {
      let name = records.count == 1 ? records[0] : "\(records.count) record files"
      let input = try WholeInput(named: name) { sink in try write(records, kind, workers, to: sink) }
      pieces.append(Piece(input: input, hasLines: false))
    }
    return pieces
  }

  /// Whether a file begins as a TFRecord does: a length with the right checksum. Standard input is taken for text.
  private static func isRecordFile(_ path: String) throws -> Bool {
    guard path != FileArguments.standardInput, FileStatus(path)?.isStream != true else { return false }
    let file = try PeekedSource(FileReader(path), byteCount: 2)
    let source: any ByteSource = try GzipReader.recognizes(file.beginning) ? GzipReader(file) : file
    let beginning = try PeekedSource(source, byteCount: RecordFrame.headerLength).beginning
    return beginning.count == RecordFrame.headerLength
      && beginning.withUnsafeBytes { $0.baseAddress.flatMap { RecordFrame.payloadLength(header: $0) } } != nil
  }

  private static func write(
    _ files: [String], _ kind: Kind, _ workers: Workers, to sink: any ByteSink
  ) throws {
    try RecordScan(files, workers).run { path, records in
      var text: [UInt8] = []
      try records.forEach { record in
        try record.explaining(in: path) {
          let message = RecordMessage(record.payload)
          guard kind == .videos else { return try VideoColumns.appendSegments(of: message, to: &text) }
          try VideoColumns.appendLabels(of: message, to: &text)
          text.append(UInt8(ascii: "\n"))
        }
      }
      return text
    } take: { _, text in
      try sink.write(text)
    }
  }
}
