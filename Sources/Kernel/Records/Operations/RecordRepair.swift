import Bytes

/// What can be saved of a damaged record file, and what cannot.
package struct RecordRepair: Sendable {
  /// Something that was lost or had to be mended.
  package struct Finding: Sendable, Equatable {
    /// Where it begins in the (uncompressed) file.
    package let offset: Int
    package let byteCount: Int
    /// How many records were saved before it.
    package let precedingCount: Int
    /// Whether records may be missing from the result.
    package let isLoss: Bool
    package let problem: String

    /// One line: what happened between which records of the result.
    package var description: String {
      if !isLoss { return "record \(precedingCount) of the result mended: \(problem)" }
      // What follows the end of a compressed stream has no size.
      let lost = byteCount > 0 ? "\(byteCount) bytes lost before" : "nothing read after this, before"
      return "\(lost) record \(precedingCount) of the result: \(problem)"
    }
  }

  package let path: String
  package let compression: RecordCompression
  /// Bytes of the record stream that could be read, uncompressed.
  package let byteCount: Int
  /// Records in the result.
  package private(set) var recordCount = 0
  package private(set) var findings: [Finding] = []

  package var lostByteCount: Int { findings.reduce(0) { $0 + ($1.isLoss ? $1.byteCount : 0) } }
  /// Whether anything may be missing from the result.
  package var hasLosses: Bool { findings.contains { $0.isLoss } }

  /// Copies what is whole in `path` (`-`: standard input) to `writer`, which the caller then commits.
  ///
  /// A record whose header alone is damaged gets a new one. Of compressed files everything up to the damage is saved.
  /// Memory: none to speak of. Disk: the stream, uncompressed, in `$TMPDIR`, unless the file is plain.
  ///
  /// - Parameter progress: called with the bytes looked at and their number.
  /// - Throws: ``KernelError`` `.badData` when there are bytes but no record among them; `.noInput`.
  package init(_ path: String, into writer: RecordWriter, progress: (Int, Int) -> Void = { _, _ in }) throws {
    let files = try RereadableFiles([path])
    self.path = files.names[0]
    var view = try MappedFile(files.paths[0]).view
    compression = view.withUnsafeBytes { RecordCompression(firstBytes: $0) }
    var failure: KernelError?
    if let format = compression.container {
      (view, failure) = try RecordRepair.inflated(files, format)
    }
    byteCount = view.count
    try view.withUnsafeBytes { try salvage($0, view, into: writer, progress) }
    if let failure {
      note(byteCount..<byteCount, isLoss: true, failure.problem)
    }
    if recordCount == 0, byteCount > 0 {
      throw KernelError(.badData, self.path, "no record found", hint: "is this a TFRecord file?")
    }
  }

  /// As much of a compressed stream as can be inflated, and why it was not more.
  private static func inflated(
    _ files: RereadableFiles, _ format: GzipReader.Format
  ) throws -> (ByteView, KernelError?) {
    let spool = try SpoolFile()
    let reader = try GzipReader(FileReader(files.paths[0]), format: format)
    var failure: KernelError?
    do { try spool.append(reader) } catch let error as KernelError where error.kind == .badData { failure = error }
    // The mapping outlives the spool: it was opened by itself.
    return (try MappedFile(spool.path).view, failure)
  }

  private mutating func salvage(
    _ bytes: UnsafeRawBufferPointer, _ view: ByteView, into writer: RecordWriter, _ progress: (Int, Int) -> Void
  ) throws {
    var scan = SalvageScan(bytes)
    var released = 0
    while let piece = scan.next() {
      let end: Int
      switch piece {
      case .record(let range):
        try writer.write(frames: UnsafeRawBufferPointer(rebasing: bytes[range]), count: 1)
        recordCount += 1
        end = range.upperBound
      case .headless(let range):
        let payload = range.dropFirst(RecordFrame.headerLength).dropLast(RecordFrame.footerLength)
        try writer.write(payload: UnsafeRawBufferPointer(rebasing: bytes[payload]))
        note(range, isLoss: false, "its length was damaged, its contents are whole")
        recordCount += 1
        end = range.upperBound
      case .lost(let range, let damage):
        note(range, isLoss: true, damage.problem)
        end = range.upperBound
      }
      if end - released >= 16 << 20 {
        view.releasePages(released..<end)
        released = end
        progress(end, bytes.count)
      }
    }
  }

  private mutating func note(_ range: Range<Int>, isLoss: Bool, _ problem: String) {
    findings.append(
      Finding(
        offset: range.lowerBound, byteCount: range.count, precedingCount: recordCount, isLoss: isLoss,
        problem: problem))
  }
}

extension SalvageScan.Damage {
  var problem: String {
    switch self {
    case .header: "the checksum of a length is wrong"
    case .payload: "the checksum of the record is wrong"
    case .slipped: "the record is longer or shorter than its length says"
    case .cut: "the record goes on after the end of the file"
    }
  }
}
