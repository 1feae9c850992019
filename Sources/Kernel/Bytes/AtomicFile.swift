import Glibc

/// A file that appears at its path whole, or not at all.
///
/// The bytes go into an unnamed file of the target's folder, which the kernel discards if the process dies in any
/// way. ``prepare()`` makes them durable; ``commit()`` gives them the name in one step. File systems without
/// unnamed files get a hidden named one instead, removed when the value goes away uncommitted.
///
/// A failed run leaves nothing behind and never touches an existing file.
public final class AtomicFile {
  /// What to do when the target exists.
  public enum Existing: Sendable { case refuse, replace }

  public let path: String
  public private(set) var byteCount = 0

  private let calls: SystemCalls
  private let existing: Existing
  private var descriptor: Int32
  private var temporaryPath: String?
  private var prepared = false

  /// Starts writing `path`; nothing is visible until ``commit()``.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when the target is a folder, a device or a pipe, exists under `.refuse`,
  ///   or its folder is missing or not writable.
  public convenience init(_ path: String, existing: Existing = .refuse) throws {
    try self.init(path, existing: existing, calls: .live)
  }

  /// The same, with system calls that a test may make fail.
  package init(_ path: String, existing: Existing, calls: SystemCalls) throws {
    self.path = path
    self.calls = calls
    self.existing = existing
    try AtomicFile.checkTarget(path, existing: existing)
    let folder = Path.folder(of: path)
    descriptor = retryingInterrupts { calls.open(folder, O_WRONLY | O_CLOEXEC | openUnnamed, 0o666) }
    if descriptor < 0, [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
      let hidden = Path.hidden(beside: path, ending: "tmp")
      descriptor = retryingInterrupts { calls.open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      temporaryPath = descriptor >= 0 ? hidden : nil
    }
    guard descriptor >= 0 else { throw SystemError().writing(path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let temporaryPath { unlink(temporaryPath) }
  }

  /// Fails early, before any work, when `path` cannot become a file under this policy.
  public static func checkTarget(_ path: String, existing: Existing) throws {
    let status = FileStatus(path)
    if status?.isDirectory == true { throw KernelError(.cannotCreate, path, "is a directory") }
    // Giving a file the name of a device or pipe would take that away from everybody.
    guard status?.isRegular ?? true else {
      throw KernelError(
        .cannotCreate, path, "is a device or pipe, not a file", hint: "write to standard output and redirect that")
    }
    // A link that leads nowhere is somebody's file too.
    if existing == .refuse, FileStatus.isTaken(path) {
      throw KernelError(.cannotCreate, path, "exists already", hint: "use --force to replace it")
    }
  }

  /// Appends `bytes`.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try reserve(bytes.count).write(bytes, at: 0)
  }

  /// Sets aside the next `byteCount` bytes, to be written in any order from any thread.
  package func reserve(_ byteCount: Int) -> Region {
    defer { self.byteCount += byteCount }
    return Region(path: path, descriptor: descriptor, calls: calls, start: self.byteCount, count: byteCount)
  }

  /// A stretch of the file that several threads fill; valid while the file is open.
  package struct Region: Sendable {
    fileprivate let path: String
    fileprivate let descriptor: Int32
    fileprivate let calls: SystemCalls
    fileprivate let start: Int
    fileprivate let count: Int

    /// Writes `bytes` at `offset` of the region.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
      precondition(offset >= 0 && bytes.count <= count - offset, "write outside its region")
      var done = 0
      while done < bytes.count {
        let written = retryingInterrupts {
          calls.pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, start + offset + done)
        }
        guard written > 0 else { throw SystemError(written == 0 ? EIO : errno).writing(path) }
        done += written
      }
    }
  }

  /// Makes the bytes durable, so that ``commit()`` is only a change of name.
  public func prepare() throws {
    guard retryingInterrupts({ calls.fsync(descriptor) }) == 0 else { throw SystemError().writing(path) }
    prepared = true
  }

  /// Gives the file its name, replacing an existing one only under `.replace`.
  public func commit() throws {
    if !prepared { try prepare() }
    if temporaryPath == nil {
      if calls.link(descriptor, path) == 0 { return finish() }
      guard errno == EEXIST else { throw SystemError().writing(path) }
      try AtomicFile.checkTarget(path, existing: existing)
      // A name can only be replaced by a rename, so the file gets a hidden name first.
      let hidden = Path.hidden(beside: path, ending: "tmp")
      guard calls.link(descriptor, hidden) == 0 else { throw SystemError().writing(path) }
      temporaryPath = hidden
    } else {
      try AtomicFile.checkTarget(path, existing: existing)
    }
    guard let hidden = temporaryPath, retryingInterrupts({ calls.rename(hidden, path) }) == 0 else {
      throw SystemError().writing(path)
    }
    temporaryPath = nil
    finish()
  }

  private func finish() {
    close(descriptor)
    descriptor = -1
    // The new name is durable only when the folder is; a file system that cannot sync folders is not an error.
    let folder = open(Path.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      _ = calls.fsync(folder)
      close(folder)
    }
  }
}

extension AtomicFile {
  /// Writes `bytes` to `path` whole or not at all.
  package static func write(_ bytes: [UInt8], to path: String, existing: Existing) throws {
    let file = try AtomicFile(path, existing: existing)
    try file.write(bytes)
    try file.commit()
  }
}
