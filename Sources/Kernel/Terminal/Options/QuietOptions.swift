import ArgumentParser

/// `-q` and `-v`: how much is said on standard error.
package struct QuietOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  package var quiet = false

  @Flag(name: .shortAndLong, help: "Tell what is being done.")
  package var verbose = false

  package init() {}

  package func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  /// Where to say it.
  package var diagnostics: Diagnostics {
    Diagnostics(level: quiet ? .errors : verbose ? .details : .notes)
  }
}
