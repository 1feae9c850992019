import ArgumentParser
import Bytes

/// Exit statuses shared by all programs (the BSD `sysexits` values).
package enum ExitStatus {
  /// The answer to the question asked is "no": `diff` differs, `verify` found damage.
  package static let no = ExitCode(1)

  /// The program itself is at fault.
  package static let internalError = ExitCode(70)

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
