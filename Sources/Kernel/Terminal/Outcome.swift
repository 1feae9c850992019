import ArgumentParser
import Bytes

/// What is left to say and do when a command has ended.
struct Outcome: Equatable {
  /// For standard output: help, version, completion script; without its last newline.
  var output = ""
  /// For standard error: whole lines.
  var diagnostics = ""
  var status = ExitCode.success
}

extension Outcome {
  /// An error thrown while parsing or validating the command line.
  static func ofParsing(_ error: any Error, _ root: any ParsableCommand.Type) -> Outcome {
    if let error = KernelError(thrownByValidationIn: error) { return of(error, program: root._commandName) }
    let text = root.fullMessage(for: error)
    let status = root.exitCode(for: error)
    if status.isSuccess { return Outcome(output: text) }
    guard !text.isEmpty else { return Outcome(status: status) }
    let usage = UsageError(message: root.message(for: error), fullMessage: text, root)
    var outcome = of(KernelError(.usage, "", usage.problem, hint: usage.hint), program: root._commandName)
    if status != .validationFailure { outcome.status = ExitStatus.internalError }
    return outcome
  }

  /// An error thrown by a command's `run()`.
  static func ofRunning(_ error: any Error, _ root: any ParsableCommand.Type) -> Outcome {
    switch error {
    case let error as ExitCode: return Outcome(status: error)
    case let error as CleanExit where error.description == "--help":
      // A command that only groups others was called alone: its help, but not as a success.
      return Outcome(diagnostics: root.fullMessage(for: error) + "\n", status: .validationFailure)
    case is KernelError, is ValidationError, is SystemError, is ByteReader.Fault:
      return of(error, program: root._commandName)
    default:
      guard root.exitCode(for: error).isSuccess else { return of(error, program: root._commandName) }
      return Outcome(output: root.fullMessage(for: error))
    }
  }

  /// An error as `program: file: place: problem`, with a `hint:` line when there is a remedy.
  static func of(_ error: any Error, program: String) -> Outcome {
    switch error {
    case let error as KernelError:
      var lines = "\(program): \(error.description.printable)\n"
      if let hint = error.hint { lines += "hint: \(hint.printable)\n" }
      return Outcome(diagnostics: lines, status: ExitStatus.of(error.kind))
    case let error as ValidationError:
      return of(KernelError(.usage, "", error.message), program: program)
    case let error as SystemError:
      return of(KernelError(.io, "", error.message), program: program)
    case let fault as ByteReader.Fault:
      return of(KernelError(.badData, "", at: .byte(fault.offset), fault.problem), program: program)
    default:
      let lines = """
        \(program): unexpected error: \("\(error)".printable)
        hint: this is a defect of \(program); please report it with the command line

        """
      return Outcome(diagnostics: lines, status: ExitStatus.internalError)
    }
  }

  /// Adds a failure to finish standard output, unless the command already failed for that very reason.
  mutating func addUnlessReported(_ failure: Outcome) {
    if !diagnostics.hasPrefix(failure.diagnostics) { diagnostics += failure.diagnostics }
    status = failure.status
  }
}

extension KernelError {
  /// The error that a command's `validate()` threw, which the argument parser wraps in types of its own.
  ///
  /// The wrappers are not public, so they are looked into by reflection; the depth is theirs.
  init?(thrownByValidationIn error: any Error) {
    var values: [Any] = [error]
    for _ in 0..<4 {
      if let found = values.lazy.compactMap({ $0 as? KernelError }).first {
        self = found
        return
      }
      values = values.flatMap { Mirror(reflecting: $0).children }
        .filter { ["parserError", "userValidationError", "noArguments"].contains($0.label) }
        .map(\.value)
    }
    return nil
  }
}
