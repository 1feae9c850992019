import Foundation
import TestSupport

/// What a finished script left.
struct Run: Equatable {
  var status: Int32
  var output: String
  var errors: String
}

/// Runs a `bash` script with `probe` in its path, in a folder of its own.
func shell(_ script: String, in folder: TemporaryFolder = TemporaryFolder()) throws -> Run {
  let programs = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") + "/.."
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/bash")
  process.arguments = ["-c", script]
  process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
  process.environment = ["PATH": "\((programs as NSString).standardizingPath):/usr/bin:/bin", "LC_ALL": "C"]
  let captured = TemporaryFolder()
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = FileHandle(forWritingAtPath: captured.write([], "stdout"))
  process.standardError = FileHandle(forWritingAtPath: captured.write([], "stderr"))
  try process.run()
  process.waitUntilExit()
  return Run(
    status: process.terminationStatus,
    output: String(decoding: contents(captured("stdout")), as: UTF8.self),
    errors: String(decoding: contents(captured("stderr")), as: UTF8.self))
}
