import Bytes
import Checkpoints
import Glibc

/// Files that get their names together, or not at all.
struct FileSet {
  private let files: [AtomicFile]

  /// - Parameter files: written and prepared.
  init(_ files: [AtomicFile]) {
    // A checkpoint exists when its index does, and is the latest when the state file says so.
    self.files =
      files.filter { FileSet.rank($0) == 0 } + files.filter { FileSet.rank($0) == 1 }
      + files.filter { FileSet.rank($0) == 2 }
  }

  private static func rank(_ file: AtomicFile) -> Int {
    if Path.name(of: file.path) == CheckpointState.fileName { return 2 }
    return file.path.hasSuffix(".index") ? 1 : 0
  }

  /// Names them all; when one cannot be named, what was there before is put back.
  func commit() throws {
    var undo: [() -> Void] = []
    var backups: [String] = []
    defer { for backup in backups { unlink(backup) } }
    do {
      for file in files {
        let path = file.path
        if FileStatus.exists(path) {
          let random = String(UInt64.random(in: 0 ... .max), radix: 36)
          let backup = Path.join(Path.folder(of: path), ".\(Path.name(of: path)).\(random).old")
          // Without hard links there is no second name to keep the old file by; then it is just replaced.
          if link(path, backup) == 0 {
            backups.append(backup)
            undo.append { rename(backup, path) }
          }
          try file.commit()
        } else {
          try file.commit()
          undo.append { unlink(path) }
        }
      }
    } catch {
      for step in undo.reversed() { step() }
      throw error
    }
  }
}
