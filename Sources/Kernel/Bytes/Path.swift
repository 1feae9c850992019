/// Arithmetic on path strings; nothing here touches the disk.
package enum Path {
  /// Everything before the last `/` (`.` when there is none).
  package static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// Everything after the last `/`.
  package static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// Whether `path` begins at the root.
  package static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

  /// A name beside `path` that nobody else uses and that listings leave out; of a long name it has the beginning, so
  /// that it is never too long itself.
  package static func hidden(beside path: String, ending: String) -> String {
    let random = String(UInt64.random(in: 0 ... .max), radix: 36)
    let start = String(name(of: path).unicodeScalars.prefix(40))
    return join(folder(of: path), ".\(start).\(random).\(ending)")
  }

  /// `path` seen from `folder`; an absolute path stays as it is.
  package static func join(_ folder: String, _ path: String) -> String {
    if isAbsolute(path) || folder == "." || folder.isEmpty { return path }
    return folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}
