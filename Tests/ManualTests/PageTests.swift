import Bytes
import Foundation
import Terminal
import TestSupport
import Testing

@testable import manual

/// The manual pages of the repository.
@Suite struct PageTests {
  static let pages = (#filePath as NSString).deletingLastPathComponent + "/../../man"

  @Test(arguments: ["ckpt-tool", "fake-filter", "merge-preds", "quantize", "tfrecord-tool", "trainer"])
  func thePageSaysWhatIsDeclared(program: String) throws {
    let programs = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") + "/.."
    let process = Process()
    process.executableURL = URL(fileURLWithPath: (programs as NSString).standardizingPath + "/" + program)
    process.arguments = ["--experimental-dump-help"]
    let captured = TemporaryFolder()
    process.standardOutput = FileHandle(forWritingAtPath: captured.write([], "dump"))
    try process.run()
    process.waitUntilExit()
    let tree = try contents(captured("dump")).withUnsafeBytes { try CommandTree(parsing: $0) }
    let text = String(decoding: contents("\(Self.pages)/\(program).1"), as: UTF8.self)
    let isUpToDate = try Page(text, path: "\(program).1").filled(for: tree).text == text
    #expect(isUpToDate, "man/\(program).1 is out of date: run 'make man'")
  }
}
