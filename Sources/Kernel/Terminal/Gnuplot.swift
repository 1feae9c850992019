import Bytes
import Glibc

/// The program gnuplot, which draws what it is told by a script.
package struct Gnuplot {
  private let program: String

  /// Looks for gnuplot in the `PATH`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it is not there, with what to do about it.
  package init() throws {
    let folders = getenv("PATH").map { String(cString: $0) }?.split(separator: ":") ?? []
    let candidates = folders.map { Path.join(String($0), "gnuplot") }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw KernelError(
        .noInput, "gnuplot", "is not installed, so that nothing can be drawn",
        hint: "install it (Debian: apt install gnuplot-nox), or draw the numbers of --json otherwise")
    }
    program = found
  }

  /// What gnuplot writes to its standard output when it runs `script`.
  ///
  /// - Throws: ``KernelError`` `.io` with gnuplot's own first complaint when it fails.
  package func run(_ script: String) throws -> [UInt8] {
    // Files instead of pipes: both sides write as much as they like without anybody waiting.
    let files = try (0..<3).map { _ in try TemporaryStream() }
    try files[0].write(Array(script.utf8))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in files.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, file.descriptor, Int32(number))
    }
    var child = pid_t()
    let name = strdup("gnuplot")
    defer { free(name) }
    let status = posix_spawn(&child, program, &actions, nil, [name, nil], environ)
    guard status == 0 else { throw SystemError(status).reading(program) }
    var result: Int32 = 0
    _ = retryingInterrupts { waitpid(child, &result, 0) }
    guard result == 0 else {
      let complaint = String(decoding: try files[2].contents(), as: UTF8.self)
        .split(separator: "\n").first { $0.contains(where: \.isLetter) }
      throw KernelError(.io, program, "failed: \(complaint ?? "it says nothing")")
    }
    return try files[1].contents()
  }
}

/// An unnamed file that goes away with the value.
private final class TemporaryStream {
  private let stream: UnsafeMutablePointer<FILE>

  init() throws {
    guard let stream = tmpfile() else { throw SystemError().writing("a temporary file") }
    self.stream = stream
  }

  deinit { fclose(stream) }

  var descriptor: Int32 { fileno(stream) }

  /// Writes `bytes` and goes back to their beginning.
  func write(_ bytes: [UInt8]) throws {
    guard fwrite(bytes, 1, bytes.count, stream) == bytes.count, fflush(stream) == 0 else {
      throw SystemError().writing("a temporary file")
    }
    rewind(stream)
  }

  func contents() throws -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError().reading("a temporary file") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count == bytes.count else { throw SystemError().reading("a temporary file") }
    return bytes
  }
}
