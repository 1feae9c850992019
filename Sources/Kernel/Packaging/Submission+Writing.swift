import Bytes
import Checkpoints

extension Submission {
  /// How the archive is written.
  public struct WriteOptions: Sendable {
    public var existing = AtomicFile.Existing.refuse
    public var level = GzipLevel.standard
    public var workers = Workers()
    /// The size in bytes that the archive must not exceed.
    public var limit: Int?

    public init() {}
  }

  /// The size of the archive before compression.
  public var tarByteCount: Int {
    members.reduce(1024) { sum, member in sum + 512 + (member.byteCount + 511) / 512 * 512 }
  }

  /// About how many bytes of memory writing takes: stretches of a mapped file, and blocks to compress.
  public func workingMemory(options: WriteOptions = WriteOptions()) -> Int {
    Submission.stretch + 5 * options.workers.count << 20
  }

  /// Checks all that can be checked without writing: the name's ending, what exists, space, a limit that a plain
  /// archive exceeds.
  public func check(_ path: String, options: WriteOptions = WriteOptions()) throws {
    let format = try ArchiveFormat(path: path)
    try AtomicFile.checkTarget(path, existing: options.existing)
    if let target = FileStatus(path)?.identity {
      for member in members where member.path.flatMap({ FileStatus($0)?.identity }) == target {
        throw KernelError(.cannotCreate, path, "is one of the files to be packed", hint: "choose another name")
      }
    }
    // How much a compressed archive takes is known only in the end.
    try checkRoom(in: Path.folder(of: path), byteCount: format == .tar ? tarByteCount : 0)
    guard format == .tar else { return }
    if let limit = options.limit, tarByteCount > limit { throw Submission.tooLarge(path, tarByteCount, limit) }
  }

  /// Writes the archive to `path`, in the format that its name says, and returns its size.
  ///
  /// The same members give the same bytes, on every run and any number of threads. Memory: what ``GzipWriter``
  /// takes, and 16 MiB of mapped file.
  ///
  /// - Parameter progress: called with the bytes taken from the members so far.
  /// - Throws: ``KernelError`` `.cannotCreate` when `path` exists (under `.refuse`), is one of the members' files,
  ///   or the archive would exceed the limit; then nothing is written.
  @discardableResult
  public func write(
    to path: String, options: WriteOptions = WriteOptions(), progress: (Int) -> Void = { _ in }
  ) throws -> Int {
    try check(path, options: options)
    let file = try AtomicFile(path, existing: options.existing)
    let counted = LimitedSink(file, limit: options.limit ?? .max)
    switch try ArchiveFormat(path: path) {
    case .tar: try writeTar(into: counted, progress: progress)
    case .gzippedTar:
      let gzip = GzipWriter(into: counted, level: options.level, workers: options.workers)
      try writeTar(into: gzip, progress: progress)
      try gzip.finish()
    }
    guard !counted.isExceeded else {
      throw Submission.tooLarge(path, counted.byteCount, options.limit ?? .max)
    }
    try file.commit()
    return counted.byteCount
  }

  private func writeTar(into sink: any ByteSink, progress: (Int) -> Void) throws {
    let tar = try TarWriter(into: sink)
    var done = 0
    for member in members {
      try tar.begin(member.name, byteCount: member.byteCount)
      switch member.contents {
      case .bytes(let bytes): try bytes.withUnsafeBytes { try tar.write($0) }
      case .file(let file):
        for start in stride(from: 0, to: file.count, by: Submission.stretch) {
          let range = start..<min(start + Submission.stretch, file.count)
          try file.view.subview(range).withUnsafeBytes { bytes in
            try tar.write(bytes)
            if let base = bytes.baseAddress { file.release(base..<(base + bytes.count)) }
          }
          progress(done + range.upperBound)
        }
      }
      done += member.byteCount
    }
    try tar.finish()
  }

  /// How much of a mapped file is resident at once.
  private static let stretch = 16 << 20

  private static func tooLarge(_ path: String, _ byteCount: Int, _ limit: Int) -> KernelError {
    KernelError(
      .cannotCreate, path, "the archive would have \(byteCount) bytes, over the limit of \(limit)",
      hint: "store the weights as float16 first: ckpt-tool cast")
  }
}
