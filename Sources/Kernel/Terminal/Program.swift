import ArgumentParser
import Bytes
import Glibc
import Synchronization

/// The entry point that all programs share: spelling of arguments, errors, exit status, signals, standard output.
///
///     @main enum Main { static func main() { Program.main(CkptTool.self) } }
package enum Program {
  /// The version of the whole suite; its programs are released together.
  package static let version = "0.1.0"

  /// What `--version` prints; for `CommandConfiguration(version:)` of a root command.
  package static func versionLine(_ name: String) -> String { "\(name) \(version)" }

  /// The running program's name, as its messages begin.
  package static var name: String { storedName.withLock { $0 } }

  private static let storedName = Mutex("")

  /// Parses the command line, runs the command and exits with the status the house's rules give.
  package static func main(_ root: any ParsableCommand.Type) -> Never {
    storedName.withLock { $0 = root._commandName }
    openMissingStandardFiles()
    Signals.install(program: root._commandName)
    var outcome = run(root, Array(CommandLine.arguments.dropFirst()))
    if !outcome.output.isEmpty {
      do { try StandardOutput.shared.line(outcome.output) } catch { outcome = .of(error, program: name) }
    }
    do { try StandardOutput.shared.close() } catch { outcome.addUnlessReported(.of(error, program: name)) }
    StandardError.shared.write(outcome.diagnostics)
    Interruption.passOn(outcome.status)
    exit(outcome.status.rawValue)
  }

  /// Parses and runs; never prints, except what the command itself prints.
  static func run(_ root: any ParsableCommand.Type, _ arguments: [String]) -> Outcome {
    if let number = unreadableArgument {
      return .of(
        KernelError(
          .usage, "", "argument \(number) is not valid UTF-8", hint: "give the file another name, or a link to it"),
        program: name)
    }
    var command: any ParsableCommand
    do { command = try parse(root, arguments) } catch { return .ofParsing(error, root) }
    do { try command.run() } catch { return .ofRunning(error, root) }
    return Outcome()
  }

  /// The number of the first argument that Swift could only read with replacement characters in it.
  private static var unreadableArgument: Int? {
    (1..<max(1, Int(CommandLine.argc))).first { number in
      CommandLine.unsafeArgv[number].map { String(validatingCString: $0) == nil } ?? false
    }
  }

  /// Parses `arguments` in any of the spellings the programs accept.
  static func parse(_ root: any ParsableCommand.Type, _ arguments: [String]) throws -> any ParsableCommand {
    let arguments = ArgumentSpelling.hyphenated(arguments)
    do { return try root.parseAsRoot(arguments) } catch {
      // The declarations are consulted only when parsing failed, so that plain command lines start fast.
      guard arguments.contains(where: ArgumentSpelling.mayBeRespelled), let tree = CommandTree(root)
      else { throw error }
      let respelled = ArgumentSpelling.plainFlags(arguments, of: tree)
      guard respelled != arguments else { throw error }
      return try root.parseAsRoot(respelled)
    }
  }

  /// Opens `/dev/null` the wrong way round in place of each closed standard file.
  ///
  /// Otherwise the first file opened would take its number, and messages would go into it. Reading a closed
  /// standard input and writing a closed standard output stay errors.
  private static func openMissingStandardFiles() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      _ = open("/dev/null", descriptor == 1 ? O_RDONLY : O_WRONLY)
    }
  }
}
