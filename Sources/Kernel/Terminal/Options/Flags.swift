import ArgumentParser

/// `--json`, on whatever lists.
package struct JSONFlag: ParsableArguments {
  @Flag(help: "Write JSON instead of a table.")
  package var json = false

  package init() {}
}

/// `--dry-run`, on whatever works long or writes much.
package struct DryRunFlag: ParsableArguments {
  @Flag(name: [.customShort("n"), .long], help: "Check everything and print the plan, but write nothing.")
  package var dryRun = false

  package init() {}
}

/// `--progress`, on whatever may take more than a second.
package struct ProgressFlag: ParsableArguments {
  @Flag(help: "Report progress as plain lines, even when standard error is no terminal.")
  package var progress = false

  package init() {}

  /// A progress display in the style asked for: forced lines, a status line on a terminal, or none.
  package func start(_ label: String, _ options: QuietOptions) -> Progress {
    if progress { return Progress(label, style: .lines) }
    return Progress(label, style: options.quiet || !StandardError.shared.isTerminal ? .none : .status)
  }
}
