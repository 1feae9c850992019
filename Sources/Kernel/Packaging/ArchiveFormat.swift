import Bytes

/// What an archive's name asks for.
public enum ArchiveFormat: Sendable, Equatable {
  case tar, gzippedTar

  /// By the ending of `path`: `.tgz`, `.tar.gz`, `.tar`.
  ///
  /// - Throws: ``KernelError`` `.usage` for any other.
  public init(path: String) throws {
    let name = Path.name(of: path).lowercased()
    if name.hasSuffix(".tgz") || name.hasSuffix(".tar.gz") {
      self = .gzippedTar
    } else if name.hasSuffix(".tar") {
      self = .tar
    } else {
      throw KernelError(
        .usage, path, "its name does not say which kind of archive to write",
        hint: "end it in .tgz, .tar.gz or .tar")
    }
  }
}
