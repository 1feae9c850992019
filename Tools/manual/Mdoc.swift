import Terminal

/// Declarations of commands and arguments as mdoc(7).
enum Mdoc {
  /// One line for each command that does something: its name, `[options]`, and its arguments.
  static func synopsis(of program: CommandTree) -> [String] {
    leaves(of: program).flatMap { path, command in
      let own = ownArguments(of: command)
      let options = own.contains { $0.kind != "positional" } ? [".Op Ar options"] : []
      return [name(path)] + options + own.filter { $0.kind == "positional" }.map(usage)
    }
  }

  /// A subsection for each command that does something.
  static func commands(of program: CommandTree) -> [String] {
    leaves(of: program).flatMap { path, command -> [String] in
      let own = ownArguments(of: command)
      let heading = [".Ss " + path.joined(separator: " "), name(path)] + own.map(usage)
      let paragraphs = [sentence(command.abstract), command.discussion].filter { !$0.isEmpty }
      return heading + paragraphs.flatMap { [".Pp"] + prose($0) } + options(of: command, inherited: inherited)
    }
  }

  /// The arguments of a command as a list, without those named in `inherited`.
  static func options(of command: CommandTree, inherited: Set<String>) -> [String] {
    let shown = command.arguments.filter { !$0.isHidden && inherited.isDisjoint(with: $0.names) }
    guard !shown.isEmpty else { return [] }
    var lines = [".Bl -tag -width indent"]
    for (index, argument) in shown.enumerated() {
      // A flag and its inverse are declared as one, with one description.
      let isInverse = index > 0 && argument.kind == "flag" && shown[index - 1].abstract == argument.abstract
      if isInverse { lines.removeLast(body(of: shown[index - 1]).count) }
      lines += [".It " + names(of: argument)] + body(of: argument)
    }
    return lines + [".El"]
  }

  /// Described once for the whole program.
  private static let inherited: Set<String> = ["--help", "--version"]

  private static func ownArguments(of command: CommandTree) -> [CommandTree.Argument] {
    command.arguments.filter { !$0.isHidden && inherited.isDisjoint(with: $0.names) }
  }

  /// The commands without subcommands, each with its path of names below the program.
  private static func leaves(of command: CommandTree, path: [String] = []) -> [([String], CommandTree)] {
    let visible = command.subcommands.filter { !$0.isHidden && !(path.isEmpty && $0.name == "help") }
    if visible.isEmpty { return path.isEmpty ? [] : [(path, command)] }
    return visible.flatMap { leaves(of: $0, path: path + [$0.name]) }
  }

  private static func name(_ path: [String]) -> String { ".Nm Cm " + path.map(escaped).joined(separator: " ") }

  /// An argument as it stands in a usage line: `[--top-k k]`, `path ...`.
  private static func usage(_ argument: CommandTree.Argument) -> String {
    let value = "Ar " + escaped(argument.valueName)
    let form: String
    switch argument.kind {
    case "positional": form = value
    case "flag": form = option(sorted(argument.names).last ?? "")
    default: form = option(sorted(argument.names).last ?? "") + " " + value
    }
    let isRepeating = argument.isRepeating && argument.kind != "flag"
    return (argument.isOptional ? ".Op " : ".") + form + (isRepeating ? " ..." : "")
  }

  /// All names of an argument, as the tag of a list item.
  private static func names(of argument: CommandTree.Argument) -> String {
    if argument.kind == "positional" { return "Ar " + escaped(argument.valueName) }
    let names = sorted(argument.names).map(option).joined(separator: " , ")
    return argument.kind == "flag" ? names : names + " Ar " + escaped(argument.valueName)
  }

  private static func body(of argument: CommandTree.Argument) -> [String] {
    var lines = prose(sentence(argument.abstract))
    if !argument.discussion.isEmpty { lines += prose(argument.discussion) }
    if !argument.allValues.isEmpty {
      lines += prose("One of \(argument.allValues.joined(separator: ", ")).")
    }
    if let value = argument.defaultValue, argument.kind == "option" { lines += prose("The default is \(value).") }
    return lines
  }

  /// Short names before long ones.
  private static func sorted(_ names: [String]) -> [String] {
    names.filter { !$0.hasPrefix("--") } + names.filter { $0.hasPrefix("--") }
  }

  /// `--name` or `-n` as a macro.
  private static func option(_ name: String) -> String { "Fl " + escaped(String(name.dropFirst())) }

  private static func sentence(_ text: String) -> String {
    guard let last = text.last, !".!?:".contains(last) else { return text }
    return text + "."
  }
}
