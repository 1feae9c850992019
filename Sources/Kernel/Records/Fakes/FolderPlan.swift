import Bytes
import Glibc

/// Which files of one folder go to files of the same names in another; everything refusable is refused here.
package struct FolderPlan: Sendable {
  package let sourceFolder: String
  package let targetFolder: String
  /// Base names in byte order.
  package let names: [String]
  package let existing: AtomicFile.Existing

  /// Plans for all files of `sourceFolder` (not of folders in it) whose names match `pattern`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none or the folder cannot be read, `.usage` when both folders
  ///   are the same, `.cannotCreate` when a target exists under `.refuse` or is a folder.
  package init(from sourceFolder: String, to targetFolder: String, pattern: Glob, existing: AtomicFile.Existing)
    throws
  {
    self.sourceFolder = sourceFolder
    self.targetFolder = targetFolder
    self.existing = existing
    names = try namesInFolder(sourceFolder).filter {
      pattern.matches($0) && FileStatus(Path.join(sourceFolder, $0))?.isDirectory == false
    }
    guard !names.isEmpty else {
      throw KernelError(.noInput, sourceFolder, "no file matches \(pattern.pattern)")
    }
    if let target = FileStatus(targetFolder) {
      guard target.isDirectory else { throw KernelError(.cannotCreate, targetFolder, "is a file, not a folder") }
      guard target.identity != FileStatus(sourceFolder)?.identity else {
        throw KernelError(.usage, targetFolder, "is the source folder itself", hint: "name another folder")
      }
    }
    for name in names { try AtomicFile.checkTarget(Path.join(targetFolder, name), existing: existing) }
  }

  func source(_ name: String) -> String { Path.join(sourceFolder, name) }
  func target(_ name: String) -> String { Path.join(targetFolder, name) }

  /// Bytes of all source files.
  package var byteCount: Int { names.reduce(0) { $0 + (FileStatus(source($1))?.size ?? 0) } }

  /// Makes the target folder (not those above it) unless it is there, and room for all files to be open at once.
  func makeFolder() throws -> MadeFolder {
    try OpenFileLimit.raise(toHold: names.count)
    if FileStatus(targetFolder)?.isDirectory == true { return MadeFolder(path: nil) }
    guard mkdir(targetFolder, 0o777) == 0 else { throw SystemError().writing(targetFolder) }
    return MadeFolder(path: targetFolder)
  }

  /// A folder that goes away again if nothing comes to be in it.
  struct MadeFolder {
    /// `nil` when it was there before.
    fileprivate let path: String?

    func removeIfMade() { if let path { rmdir(path) } }
  }
}
