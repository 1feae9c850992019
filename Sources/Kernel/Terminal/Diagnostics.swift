import Bytes

/// What a program says on standard error beside its one final error.
package struct Diagnostics: Sendable {
  /// How much is said.
  package enum Level: Int, Sendable, Comparable {
    case errors, notes, details

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  package let level: Level

  package init(level: Level = .notes) { self.level = level }

  /// Something that is probably not what the user wants; said unless `--quiet`.
  package func warning(_ text: String, hint: String? = nil) {
    guard level >= .notes else { return }
    StandardError.shared.write(Diagnostics.lines("warning: " + text, hint, program: Program.name))
  }

  /// Something worth knowing; said unless `--quiet`.
  package func note(_ text: String) {
    guard level >= .notes else { return }
    StandardError.shared.write(Diagnostics.lines(text, nil, program: Program.name))
  }

  /// Something only the curious want; said with `--verbose`.
  package func detail(_ text: @autoclosure () -> String) {
    guard level >= .details else { return }
    StandardError.shared.write(Diagnostics.lines(text(), nil, program: Program.name))
  }

  /// Reports an error that does not end the program, as ``Program`` reports the one that does; never silenced.
  package func error(_ error: KernelError) {
    StandardError.shared.write(Diagnostics.lines(error.description, error.hint, program: Program.name))
  }

  /// `program: text`, and a `hint:` line when there is one.
  static func lines(_ text: String, _ hint: String?, program: String) -> String {
    "\(program): \(text.printable)\n" + (hint.map { "hint: \($0.printable)\n" } ?? "")
  }
}
