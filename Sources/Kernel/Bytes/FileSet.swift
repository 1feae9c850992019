import Glibc

/// Files that get their names together, or not at all.
package struct FileSet {
  private let files: [AtomicFile]

  /// - Parameter files: written and prepared, in the order in which they are to appear.
  package init(_ files: [AtomicFile]) { self.files = files }

  /// Names them all; when one cannot be named, what was there before is put back.
  ///
  /// - Throws: ``KernelError`` of the file that failed.
  package func commit() throws {
    var undo: [() -> Void] = []
    var backups: [String] = []
    defer { for backup in backups { unlink(backup) } }
    do {
      for file in files {
        let path = file.path
        if FileStatus.isTaken(path) {
          let backup = Path.hidden(beside: path, ending: "old")
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
