import Glibc

/// What the file system says about a path, following links.
package struct FileStatus: Equatable {
  package let isDirectory: Bool
  package let isRegular: Bool
  /// A pipe, a socket or a terminal: what can be read only once.
  package let isStream: Bool
  package let size: Int
  /// Device and inode: equal for two paths that lead to the same file.
  package let identity: Identity
  /// Seconds since 1970.
  package let modified: Int

  /// Tells files apart, whatever their names.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  /// `nil` when nothing is there (or may be seen there).
  package init?(_ path: String) {
    var status = stat()
    guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return nil }
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isStream = [S_IFIFO, S_IFSOCK, S_IFCHR].contains(status.st_mode & S_IFMT)
    size = Int(status.st_size)
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    modified = Int(status.st_mtim.tv_sec)
  }

  /// Whether the name `path` is in use, if only by a link that leads nowhere.
  package static func isTaken(_ path: String) -> Bool {
    var status = stat()
    return fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Whether anything is at `path`, following links.
  package static func exists(_ path: String) -> Bool { FileStatus(path) != nil }
}

/// The names in `folder` in byte order, without `.` and `..`.
package func namesInFolder(_ folder: String) throws -> [String] {
  guard let stream = opendir(folder) else { throw SystemError().reading(folder) }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Bytes free to this user on the file system that holds `path` or its nearest existing ancestor.
package func freeSpace(at path: String) -> Int? {
  var path = path
  while !FileStatus.exists(path), path != ".", path != "/" { path = Path.folder(of: path) }
  var status = statvfs()
  guard statvfs(path, &status) == 0 else { return nil }
  let (byteCount, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
    by: Int(clamping: status.f_frsize))
  return overflow ? .max : byteCount
}
