import Glibc

/// Makes folders and can take those it made away again.
package final class FolderMaker {
  private var made: [String] = []

  /// A maker that has made none yet.
  package init() {}

  /// Makes sure that `path` is a folder or leads to one; the folder that holds it must be there.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate`.
  package func make(_ path: String) throws {
    if let status = FileStatus(path) {
      guard status.isDirectory else { throw KernelError(.cannotCreate, path, "is a file, not a folder") }
      return
    }
    guard mkdir(path, 0o777) == 0 else { throw SystemError().writing(path) }
    made.append(path)
  }

  /// The same, with the folders above that are missing.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate`.
  package func makeWithParents(_ path: String) throws {
    if FileStatus(path) == nil, Path.folder(of: path) != path { try makeWithParents(Path.folder(of: path)) }
    try make(path)
  }

  /// Makes sure that `path` is a folder itself: a link would lead the files below it elsewhere.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate`.
  package func makeReal(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return try make(path) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      let kind = status.st_mode & S_IFMT == S_IFLNK ? "a link" : "a file"
      throw KernelError(.cannotCreate, path, "is \(kind), where the archive has a folder")
    }
  }

  /// Removes the folders made here, as far as they are empty.
  package func removeMade() {
    for path in made.reversed() { rmdir(path) }
    made = []
  }
}
