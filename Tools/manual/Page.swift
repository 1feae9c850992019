import Bytes
import Terminal

/// A manual page with parts that are generated: each between a line `.\" BEGIN NAME` and a line `.\" END`.
struct Page {
  private(set) var text: String
  private let path: String

  init(_ text: String, path: String) {
    self.text = text
    self.path = path
  }

  /// The page with its parts `SYNOPSIS`, `OPTIONS` and `COMMANDS` as `program` declares them.
  ///
  /// - Throws: ``KernelError`` `.badData` when a marker is missing.
  func filled(for program: CommandTree) throws -> Page {
    var page = self
    try page.replace("SYNOPSIS", with: Mdoc.synopsis(of: program))
    try page.replace("OPTIONS", with: Mdoc.options(of: program, inherited: []))
    try page.replace("COMMANDS", with: Mdoc.commands(of: program))
    return page
  }

  private mutating func replace(_ name: String, with part: [String]) throws {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let begin = lines.firstIndex(of: ".\\\" BEGIN \(name)"),
      let end = lines[begin...].firstIndex(of: ".\\\" END")
    else {
      throw KernelError(
        .badData, path, "there is no part \(name) to fill in",
        hint: "add the lines '.\\\" BEGIN \(name)' and '.\\\" END'")
    }
    lines.replaceSubrange((begin + 1)..<end, with: part)
    text = lines.joined(separator: "\n")
  }
}
