import Bytes

/// A text that a command writes to standard output or to a file, gzipped if the file's name ends in `.gz`.
package struct NamedOutput: Sendable {
  /// `nil` is standard output.
  package let path: String?
  private let existing: AtomicFile.Existing
  private let workers: Workers

  /// - Parameter path: `nil` and `-` are standard output.
  package init(_ path: String?, existing: AtomicFile.Existing, _ workers: Workers = Workers(1)) {
    self.path = path == "-" ? nil : path
    self.existing = existing
    self.workers = workers
  }

  /// Fails early, before any work, when the file cannot be written.
  package func check() throws {
    if let path { try AtomicFile.checkTarget(path, existing: existing) }
  }

  /// Calls `body` with the sink to write to; a file appears when it returns, and does not when it throws.
  package func write<R>(_ body: (any ByteSink) throws -> R) throws -> R {
    guard let path else { return try body(StandardOutput.shared) }
    let file = try AtomicFile(path, existing: existing)
    let gzip = path.hasSuffix(".gz") ? GzipWriter(into: file, workers: workers) : nil
    let sink = BufferedSink(into: gzip ?? file)
    let result = try body(sink)
    try sink.flush()
    try gzip?.finish()
    try file.commit()
    return result
  }
}
