import Foundation
import TestSupport
import Testing

/// One folder `Golden/<program>/<subcommand>/<case>/` (`Golden/<subcommand>/<case>/` of `ckpt-tool`): a `/bin/sh`
/// script `cmd` and what it must do.
///
/// `stdout`, `stderr` and `status` hold the expectations; an absent one means nothing written, or status 0. The
/// script starts in an empty folder, with the programs in its `PATH` and `Tests/Fixtures` as `$FIXTURES`; these two
/// folders appear in the expectations as `$PWD` and `$FIXTURES`.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  /// `<subcommand>/<case>`.
  let name: String
  let folder: String

  static let root = (#filePath as NSString).deletingLastPathComponent + "/Golden"

  static let all: [GoldenCase] = {
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    let wanted = ProcessInfo.processInfo.environment["GOLDEN"] ?? ""
    return paths.filter { $0.hasSuffix("/cmd") && $0.hasPrefix(wanted) }.sorted().map {
      let name = String($0.dropLast("/cmd".count))
      return GoldenCase(name: name, folder: root + "/" + name)
    }
  }()

  var testDescription: String { name }

  /// Runs the script.
  func run() async throws -> Outcome {
    let temporary = TemporaryFolder()
    let run = try await ToolRunner.script(folder + "/cmd", in: temporary)
    func settled(_ text: String) -> String {
      text.replacingOccurrences(of: ToolRunner.fixtures, with: "$FIXTURES")
        .replacingOccurrences(of: temporary.path, with: "$PWD")
    }
    return Outcome(stdout: settled(run.output), stderr: settled(run.errors), status: run.status)
  }

  /// What the case's files demand.
  func expected() -> Outcome {
    func text(_ name: String) -> String { String(decoding: contents(folder + "/" + name), as: UTF8.self) }
    let status = text("status").trimmingCharacters(in: .whitespacesAndNewlines)
    return Outcome(stdout: text("stdout"), stderr: text("stderr"), status: status.isEmpty ? 0 : Int32(status) ?? -1)
  }

  /// Rewrites the expectations.
  func record(_ outcome: Outcome) throws {
    let status = outcome.status == 0 ? "" : "\(outcome.status)\n"
    for (name, text) in [("stdout", outcome.stdout), ("stderr", outcome.stderr), ("status", status)] {
      let path = folder + "/" + name
      if text.isEmpty {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
      } else {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
    }
  }
}

/// All that a script shows to the outside.
struct Outcome: Equatable, Sendable {
  var stdout: String
  var stderr: String
  var status: Int32

  /// What differs from `expected`, as lines to read: `-` is missing, `+` was not expected.
  func difference(from expected: Outcome) -> String {
    var report = ""
    if status != expected.status { report += "status \(status), expected \(expected.status)\n" }
    report += Outcome.lines("stdout", found: stdout, expected: expected.stdout)
    report += Outcome.lines("stderr", found: stderr, expected: expected.stderr)
    return report
  }

  private static func lines(_ title: String, found: String, expected: String) -> String {
    guard found != expected else { return "" }
    func split(_ text: String) -> [String] {
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    let changes = split(found).difference(from: split(expected))
    let missing = changes.removals.map { change -> String in
      guard case .remove(let offset, let line, _) = change else { return "" }
      return "  \(offset + 1): - \(line)\n"
    }
    let extra = changes.insertions.map { change -> String in
      guard case .insert(let offset, let line, _) = change else { return "" }
      return "  \(offset + 1): + \(line)\n"
    }
    return "\(title):\n" + (missing.prefix(40) + extra.prefix(40)).joined()
  }
}
