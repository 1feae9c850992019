import Glibc

/// The files that a command line names: paths, quoted globs, comma-separated lists, `@list` files, `-`.
package enum FileArguments {
  /// Standard input, among the names that ``expand(_:)`` returns.
  package static let standardInput = "-"

  /// What messages call a file.
  package static func displayName(of path: String) -> String { path == standardInput ? "standard input" : path }

  /// Every file that `arguments` name, in the order of the arguments; the matches of a glob are sorted as bytes.
  ///
  /// A path that exists is taken as it is, even if it contains `,`, `*` or begins with `@`. A list file holds one
  /// argument a line; empty lines and lines that begin with `#` do not count, and lists do not nest.
  ///
  /// - Throws: ``KernelError`` `.noInput` when a glob matches nothing or a list cannot be read, `.usage` when standard
  ///   input is named twice, of which the second would find nothing.
  package static func expand(_ arguments: [String]) throws -> [String] {
    let files = try arguments.flatMap { try expand($0, allowsList: true) }
    guard files.count(where: { $0 == standardInput }) <= 1 else {
      throw KernelError(.usage, "", "standard input is named twice")
    }
    return files
  }

  private static func expand(_ argument: String, allowsList: Bool) throws -> [String] {
    guard !argument.isEmpty else { throw KernelError(.usage, "", "an empty file name") }
    if argument == standardInput || FileStatus.exists(argument) { return [argument] }
    if allowsList, argument.hasPrefix("@") {
      return try lines(of: String(argument.dropFirst())).flatMap { try expand($0, allowsList: false) }
    }
    if argument.contains(",") {
      return try argument.split(separator: ",").flatMap { try expand(String($0), allowsList: allowsList) }
    }
    guard argument.utf8.contains(where: { "*?[".utf8.contains($0) }) else { return [argument] }
    let matches = matches(of: argument)
    guard !matches.isEmpty else { throw KernelError(.noInput, argument, "no file matches") }
    return matches
  }

  private static func lines(of list: String) throws -> [String] {
    let bytes = try MappedFile(list).view.array
    return try bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let text = String(validating: line, as: UTF8.self) else {
        throw KernelError(.badData, list, "is not valid UTF-8")
      }
      return text.isEmpty || text.hasPrefix("#") ? nil : text
    }
  }

  /// What the shell's pattern `argument` matches, by the system's `glob`, in byte order.
  private static func matches(of argument: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(argument, GLOB_NOSORT, nil, &found) == 0 else { return [] }
    let paths = UnsafeBufferPointer(start: found.gl_pathv, count: Int(found.gl_pathc))
    return paths.compactMap { $0.map { String(cString: $0) } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
