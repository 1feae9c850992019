import Foundation
import TestSupport

/// What a finished program left: exit status and all it wrote.
struct ToolRun: Sendable {
  let status: Int32
  let stdout: [UInt8]
  let stderr: [UInt8]

  var output: String { String(decoding: stdout, as: UTF8.self) }
  var errors: String { String(decoding: stderr, as: UTF8.self) }
}

/// Runs the built programs as a user would, from a folder of the test's own.
enum ToolRunner {
  /// Where the programs are: SwiftPM puts them beside the test bundle.
  static let programs: String = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (bundle as NSString).deletingLastPathComponent
  }()

  /// `Tests/Fixtures`.
  static let fixtures: String = {
    let tests = ((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
    return tests + "/Fixtures"
  }()

  /// Runs `ckpt-tool` with `arguments` in `folder`.
  static func ckptTool(_ arguments: String..., in folder: TemporaryFolder) async throws -> ToolRun {
    try await run([programs + "/ckpt-tool"] + arguments, in: folder)
  }

  /// Runs a `/bin/sh` script that finds the programs in its `PATH`.
  static func script(_ path: String, in folder: TemporaryFolder) async throws -> ToolRun {
    try await run(["/bin/sh", path], in: folder)
  }

  /// Runs `command`, at most five minutes since other work may slow the machine down, with an environment that does not
  /// depend on who runs the tests.
  static func run(_ command: [String], in folder: TemporaryFolder) async throws -> ToolRun {
    // Files rather than pipes: a program may write any amount to both without anyone reading.
    let captured = TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["300"] + command
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = [
      "PATH": programs + ":/usr/bin:/bin", "TOOL": programs + "/ckpt-tool", "FIXTURES": fixtures,
      "HOME": folder.path, "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: captured.write([], "stdout"))
    process.standardError = FileHandle(forWritingAtPath: captured.write([], "stderr"))
    await Gate.programs.enter()
    defer { Task { await Gate.programs.leave() } }
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, Error>) in
      process.terminationHandler = { _ in done.resume() }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
    // A signal shows as it does in a shell, so that a crash is never taken for a status of ours.
    let status = process.terminationStatus
    return ToolRun(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      stdout: contents(captured("stdout")), stderr: contents(captured("stderr")))
  }
}

/// Lets only some programs run at the same time: hundreds at once would make each of them slow.
private actor Gate {
  static let programs = Gate(2 * ProcessInfo.processInfo.activeProcessorCount)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    free += 1
  }
}
