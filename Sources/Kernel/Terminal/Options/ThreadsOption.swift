import ArgumentParser
import Bytes

/// `--threads N`: how many cores to use; results never depend on it.
package struct ThreadsOption: ParsableArguments {
  @Option(help: ArgumentHelp("How many threads to use (default: one for each core).", valueName: "n"))
  package var threads: Int?

  package init() {}

  package func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, not \(threads)") }
  }

  package var workers: Workers { Workers(threads) }
}
