import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool verify`
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every checksum, bound and size; name each damaged tensor and the likely cause.",
    discussion: """
      A folder, or the state file in it, stands for the state file and every checkpoint that it lists. Prints a \
      line for each finding and goes on; exits 1 if there was any. A sound checkpoint gets an OK.
      """)

  @Argument(help: "The checkpoints.", completion: .file()) var checkpoints: [String]
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    var outcome: any Error = ExitStatus.no
    var isSound = false
    func verify(_ write: (Verification) throws -> Void) throws {
      do { isSound = try verifyAll(write) } catch let error as KernelError where error.kind == .noInput {
        outcome = error
      }
    }
    if json.json {
      // The list is whole, whatever is found.
      let json = JSONWriter(StandardOutput.shared)
      try json.array { try verify { try write($0, to: json) } }
    } else {
      try verify(write)
    }
    guard isSound else { throw outcome }
  }

  /// - Returns: whether all checkpoints are sound.
  private func verifyAll(_ write: (Verification) throws -> Void) throws -> Bool {
    var isSound = true
    var failure: KernelError?
    for path in try CheckpointSeries.named(checkpoints) {
      let meter = progress.start("verifying \(Path.name(of: path))", quiet)
      defer { meter.finish() }
      do {
        for verification in try Verifier(threads.workers, progress: meter.report).verify(path) {
          try write(verification)
          isSound = isSound && verification.isSound
        }
      } catch let error as KernelError where error.kind == .noInput {
        // The other checkpoints still get their answer.
        if let failure { quiet.diagnostics.error(failure) }
        failure = error
      }
    }
    if let failure { throw failure }
    return isSound
  }

  private func write(_ verification: Verification, to json: JSONWriter) throws {
    try json.object {
      try json.member("path", verification.path)
      try json.member("sound", verification.isSound)
      switch verification.subject {
      case .checkpoint(let tensors, let bytes):
        try json.member("tensors", tensors)
        try json.member("bytes", bytes)
      case .state(let count): try json.member("checkpoints", count)
      }
      try json.array("findings") {
        for finding in verification.findings {
          try json.object(inline: true) {
            try json.member("file", finding.source)
            if case .tensor(let name)? = finding.place { try json.member("tensor", name) }
            if case .byte(let offset)? = finding.place { try json.member("byte", offset) }
            if case .line(let number)? = finding.place { try json.member("line", number) }
            try json.member("problem", finding.problem)
            if let hint = finding.hint { try json.member("hint", hint) }
          }
        }
      }
    }
  }

  private func write(_ verification: Verification) throws {
    for finding in verification.findings {
      try StandardOutput.shared.line(finding.description)
      if let hint = finding.hint { try StandardOutput.shared.line("hint: \(hint.printable)") }
    }
    guard verification.isSound, !quiet.quiet else { return }
    switch verification.subject {
    case .checkpoint(let tensors, let bytes):
      try StandardOutput.shared.line(
        "\(verification.path.printable): OK, \(counted(tensors, "tensor")), \(counted(bytes, "byte"))")
    case .state(let count):
      try StandardOutput.shared.line("\(verification.path.printable): OK, \(counted(count, "checkpoint"))")
    }
  }
}
