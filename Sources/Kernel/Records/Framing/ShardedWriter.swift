import Bytes

/// Writes several record files that appear together once all are complete, or not at all.
///
/// Memory: for files filled at the same time 64 KiB each (2 MiB each when compressed); for files filled one after
/// another that of one ``RecordWriter``.
package final class ShardedWriter {
  /// How the files are to be written.
  package struct Options: Sendable {
    package var existing: AtomicFile.Existing
    /// `nil` lets each name decide.
    package var compression: RecordCompression?
    package var level: GzipLevel
    package var workers: Workers

    package init(
      existing: AtomicFile.Existing = .refuse, compression: RecordCompression? = nil,
      level: GzipLevel = .standard, workers: Workers = Workers(1)
    ) {
      self.existing = existing
      self.compression = compression
      self.level = level
      self.workers = workers
    }
  }

  package private(set) var recordCount = 0
  private let options: Options
  private let files: [AtomicFile]
  private var writers: [RecordWriter?]

  /// - Throws: ``KernelError`` `.cannotCreate` for the first of `paths` that cannot be written, before any work;
  ///   `.usage` when they are too many to be open at once.
  package init(_ paths: [String], _ options: Options) throws {
    for path in paths { try AtomicFile.checkTarget(path, existing: options.existing) }
    try OpenFileLimit.raise(toHold: paths.count)
    self.options = options
    files = try paths.map { try AtomicFile($0, existing: options.existing) }
    writers = Array(repeating: nil, count: paths.count)
  }

  package var count: Int { files.count }

  /// Appends whole records to file `number`.
  package func write(frames: UnsafeRawBufferPointer, count: Int, to number: Int, isOneOfMany: Bool) throws {
    try writer(number, isOneOfMany: isOneOfMany).write(frames: frames, count: count)
    recordCount += count
  }

  private func writer(_ number: Int, isOneOfMany: Bool) -> RecordWriter {
    if let writer = writers[number] { return writer }
    let writer = RecordWriter(
      to: files[number], compression: options.compression ?? RecordCompression(byNameOf: files[number].path),
      level: options.level, workers: isOneOfMany ? Workers(1) : options.workers, isOneOfMany: isOneOfMany)
    writers[number] = writer
    return writer
  }

  /// Ends file `number`, so that it takes no memory any more.
  package func finish(_ number: Int) throws {
    try writer(number, isOneOfMany: true).prepare()
    writers[number] = nil
    try files[number].prepare()
    finished.insert(number)
  }

  private var finished: Set<Int> = []

  /// Ends the files that have not been, and gives all of them their names.
  package func commit() throws {
    for number in files.indices where !finished.contains(number) { try finish(number) }
    for file in files { try file.commit() }
  }
}
