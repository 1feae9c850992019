import ArgumentParser
import Bytes

/// Exit statuses shared by all programs (the BSD `sysexits` values).
package enum ExitStatus {
  /// The answer to the question asked is "no": `diff` differs, `verify` found damage.
  package static let no = ExitCode(1)

  /// The program itself is at fault.
  package static let internalError = ExitCode(70)

  /// Somebody asked the program to end, and it did so in order: what a shell says of one that died of the signal.
  package static func ended(by signal: Int32) -> ExitCode { ExitCode(128 + signal) }

  /// The status for an error of that kind.
  package static func of(_ kind: KernelError.Kind) -> ExitCode {
    switch kind {
    case .usage: ExitCode(64)
    case .badData: ExitCode(65)
    case .noInput: ExitCode(66)
    case .cannotCreate: ExitCode(73)
    case .io: ExitCode(74)
    }
  }
}
