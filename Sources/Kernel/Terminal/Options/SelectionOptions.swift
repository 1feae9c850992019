import ArgumentParser
import Bytes

/// `--only` and `--except`: which tensors (or whatever has a name) a command is about.
package struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only names that match this glob, as 'tower/*/weights'; may be repeated.", valueName: "glob"))
  package var only: [String] = []

  @Option(help: ArgumentHelp("No names that match this glob; may be repeated.", valueName: "glob"))
  package var except: [String] = []

  package init() {}

  package var selection: Selection { Selection(only: only, except: except) }
}

/// A choice among names by globs.
package struct Selection: Sendable {
  private let only: [Glob]
  private let except: [Glob]

  /// Every name that matches one of `only` (or all, when there are none) and none of `except`.
  package init(only: [String] = [], except: [String] = []) {
    self.only = only.map { Glob($0) }
    self.except = except.map { Glob($0) }
  }

  /// Whether `name` is chosen.
  package func contains(_ name: String) -> Bool {
    (only.isEmpty || only.contains { $0.matches(name) }) && !except.contains { $0.matches(name) }
  }

  /// The patterns that match none of `names`: most likely misspelt.
  package func unmatched<Names: Sequence<String>>(in names: Names) -> [String] {
    var left = only + except
    for name in names {
      if left.isEmpty { break }
      left.removeAll { $0.matches(name) }
    }
    return left.map(\.pattern)
  }
}
