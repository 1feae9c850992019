import ArgumentParser
import Bytes

/// `-f`, for commands whose output is named by an argument or by something else than `-o`.
package struct ForceFlag: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Replace outputs that exist already.")
  package var force = false

  package init() {}

  /// What writers are to do with a file that exists.
  package var existing: AtomicFile.Existing { force ? .replace : .refuse }
}

/// `-o` and `-f`.
package struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write the result.", valueName: "path"),
    completion: .file())
  package var output: String?

  @OptionGroup package var forcing: ForceFlag

  package init() {}

  package var existing: AtomicFile.Existing { forcing.existing }

  /// The path given with `-o`, for commands that cannot do without.
  ///
  /// - Throws: ``KernelError`` `.usage` when there is none, naming the option.
  package func requiredPath() throws -> String {
    guard let output else {
      throw KernelError(.usage, "", "there is nowhere to write to", hint: "say where with --output PATH")
    }
    return output
  }
}
