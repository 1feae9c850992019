import Bytes
import Checkpoints
import Glibc

/// Unpacks an archive of regular files into a folder: all of it or nothing.
///
/// The files have no names until the last byte of the archive has been checked, so an archive that turns out to be
/// damaged, or a process that is killed, leaves nothing behind (but empty folders, if killed). Modes, owners and
/// times in the archive are ignored.
///
/// Memory: 2 MiB; a file descriptor for each member.
public struct ArchiveUnpacker {
  private let path: String
  private let folder: String
  private let existing: AtomicFile.Existing
  private let limits: ArchiveLimits
  private let calls: SystemCalls

  /// Plans to unpack the archive at `path` into `folder`, which is created if it is missing.
  public init(
    _ path: String, into folder: String, existing: AtomicFile.Existing = .refuse,
    limits: ArchiveLimits = ArchiveLimits()
  ) {
    self.init(path, into: folder, existing: existing, limits: limits, calls: .live)
  }

  package init(
    _ path: String, into folder: String, existing: AtomicFile.Existing, limits: ArchiveLimits, calls: SystemCalls
  ) {
    self.path = path
    self.folder = folder
    self.existing = existing
    self.limits = limits
    self.calls = calls
  }

  /// Reads the whole archive as ``unpack(progress:)`` does, checks that its files can be created, writes nothing.
  ///
  /// - Returns: the members, in the archive's order.
  public func check() throws -> [ArchiveMember] {
    let members = try ArchiveListing(path, limits: limits).members
    if FileStatus.exists(folder) { try FolderMaker().make(folder) }
    for member in members where !member.isFolder {
      let target = Path.join(folder, member.name)
      try check(target, byteCount: member.byteCount)
      try AtomicFile.checkTarget(target, existing: existing)
    }
    return members
  }

  /// Unpacks and returns the members, in the archive's order.
  ///
  /// - Parameter progress: called with the bytes of the archive read so far.
  /// - Throws: ``KernelError`` `.badData` for an archive that is damaged or holds anything but plain files and
  ///   folders inside it, `.cannotCreate` when a file exists (under `.refuse`).
  @discardableResult
  public func unpack(progress: (Int) -> Void = { _ in }) throws -> [ArchiveMember] {
    let reader = try ArchiveReader(path, limits: limits)
    let folders = FolderMaker()
    var files: [AtomicFile] = []
    var members: [ArchiveMember] = []
    let buffer = OwnedBuffer(byteCount: 1 << 20)
    do {
      try folders.make(folder)
      while let member = try reader.next() {
        members.append(
          ArchiveMember(name: member.name.path, byteCount: member.byteCount, isFolder: member.isFolder))
        for ancestor in member.name.ancestors { try folders.makeReal(Path.join(folder, ancestor.path)) }
        let target = Path.join(folder, member.name.path)
        if member.isFolder {
          try folders.makeReal(target)
          continue
        }
        try check(target, byteCount: member.byteCount)
        let file = try AtomicFile(target, existing: existing, calls: calls)
        while case let count = try reader.read(into: buffer.bytes), count > 0 {
          try file.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
          progress(reader.archiveBytesRead)
        }
        guard file.byteCount == member.byteCount else {
          throw KernelError(
            .badData, path, at: .member(member.name.path),
            "holds \(file.byteCount) bytes, not the \(member.byteCount) announced")
        }
        files.append(file)
      }
      for file in files { try file.prepare() }
      // A checkpoint exists when its index does, and is the latest when the state file says so.
      try FileSet((0...2).flatMap { rank in files.filter { ArchiveUnpacker.rank($0) == rank } }).commit()
    } catch {
      folders.removeMade()
      throw error
    }
    return members
  }

  /// When a file is to appear: data first, an index later, the state file last.
  private static func rank(_ file: AtomicFile) -> Int {
    if Path.name(of: file.path) == CheckpointState.fileName { return 2 }
    return file.path.hasSuffix(".index") ? 1 : 0
  }

  private func check(_ target: String, byteCount: Int) throws {
    if let status = FileStatus(target), status.identity == FileStatus(path)?.identity {
      throw KernelError(.cannotCreate, target, "is the archive itself", hint: "unpack into another folder")
    }
    if let free = freeSpace(at: folder), free < byteCount {
      throw KernelError(
        .io, folder, "\(byteCount) bytes are needed but only \(free) are free",
        hint: "free some space or write to another disk")
    }
  }
}
