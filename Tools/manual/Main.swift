import ArgumentParser
import Bytes
import Glibc
import Terminal

@main enum Main {
  static func main() { Program.main(Manual.self) }
}

/// Brings the generated parts of a manual page up to date with the declarations of the program's options.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Writes the option sections of a manual page.",
    discussion: """
      The program's own description of its commands is read from standard input:

          ckpt-tool --experimental-dump-help | manual man/ckpt-tool.1

      What lies between the markers of the page is replaced; all else is left as it is.
      """)

  @Argument(help: "The page, in mdoc.", completion: .file(extensions: ["1"]))
  var page: String

  func run() throws {
    let program = try standardInput().withUnsafeBytes { bytes in try CommandTree(parsing: bytes) }
    let file = try MappedFile(page)
    let old = file.view.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let new = try Page(old, path: page).filled(for: program).text
    if new != old { try AtomicFile.write(Array(new.utf8), to: page, existing: .replace) }
  }

  private func standardInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = retryingInterrupts { read(0, &chunk, chunk.count) }
      guard count >= 0 else { throw SystemError().reading("standard input") }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}
