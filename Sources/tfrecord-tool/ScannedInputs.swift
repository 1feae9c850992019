import ArgumentParser
import Bytes
import Records
import Terminal

/// The files of a subcommand that passes over records, and how it does.
struct ScannedInputs: ParsableArguments {
  @Argument(help: "The files.", completion: .file()) var files: [String]
  @OptionGroup var shard: ShardOption
  @OptionGroup var threads: ThreadsOption

  func scan() throws -> RecordScan {
    RecordScan(try FileArguments.expand(files), threads.workers, shard: shard.shard)
  }
}

extension RecordScan {
  /// Writes what `make` appends for each record, in the order of the records, to standard output, after a header that
  /// is written when the first records could be read.
  ///
  /// - Returns: whether there was anything but the header.
  /// - Throws: what `make` throws; a fault is said to be the record's.
  @discardableResult
  func writeText(
    header: String? = nil,
    _ make: @escaping @Sendable (_ path: String, _ message: RecordMessage, _ text: inout [UInt8]) throws -> Void
  ) throws -> Bool {
    var header = header.map { Array(($0 + "\n").utf8) } ?? []
    var isEmpty = true
    try run { path, records in
      var text: [UInt8] = []
      try records.forEach { record in
        try record.explaining(in: path) { try make(path, RecordMessage(record.payload), &text) }
      }
      return text
    } take: { _, text in
      try StandardOutput.shared.write(header + text)
      header = []
      isEmpty = isEmpty && text.isEmpty
    }
    try StandardOutput.shared.write(header)
    return !isEmpty
  }

  /// The same for a JSON array: `make` appends an object for each record.
  func writeJSONArray(
    _ make: @escaping @Sendable (_ path: String, _ message: RecordMessage, _ text: inout [UInt8]) throws -> Void
  ) throws {
    var isEmpty = true
    try run { path, records in
      var text: [UInt8] = []
      try records.forEach { record in
        text.append(text: ",\n  ")
        try record.explaining(in: path) { try make(path, RecordMessage(record.payload), &text) }
      }
      return text
    } take: { _, text in
      // The first object has no comma before it.
      guard isEmpty, !text.isEmpty else { return try StandardOutput.shared.write(text) }
      isEmpty = false
      try StandardOutput.shared.write([UInt8(ascii: "[")] + text.dropFirst())
    }
    try StandardOutput.shared.line(isEmpty ? "[]" : "\n]")
  }
}
