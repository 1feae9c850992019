/// The spellings of long options that the programs accept beside the GNU one, so that the command lines of the
/// reference solutions run unchanged: `--train_data_pattern=x`, `--run_once=True`, `--norun_once`.
enum ArgumentSpelling {
  /// `arguments` with `-` for `_` in the names of long options; values and all after `--` stay as they are.
  static func hyphenated(_ arguments: [String]) -> [String] {
    mapOptions(in: arguments) { option in
      guard option.utf8.contains(UInt8(ascii: "_")) else { return option }
      let end = option.firstIndex(of: "=") ?? option.endIndex
      return String(option[..<end].map { $0 == "_" ? "-" : $0 }) + option[end...]
    }
  }

  /// The name and value of `--name=True`, or `nil` when `argument` is not of that form.
  static func boolean(_ argument: String) -> (name: String, isOn: Bool)? {
    guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return nil }
    let name = String(argument[argument.index(argument.startIndex, offsetBy: 2)..<equals])
    switch argument[argument.index(after: equals)...] {
    case "True", "true", "1": return (name, true)
    case "False", "false", "0": return (name, false)
    default: return nil
    }
  }

  /// Whether ``plainFlags(_:of:)`` may have something to do.
  static func mayBeRespelled(_ argument: String) -> Bool { boolean(argument) != nil || argument.hasPrefix("--no") }

  /// `arguments` with `--flag=True` as `--flag`, and `--flag=False` and `--noflag` as the opposite flag or as nothing at
  /// all.
  ///
  /// Options that take a value keep it, as `tree` declares them.
  static func plainFlags(_ arguments: [String], of tree: CommandTree) -> [String] {
    let flags = tree.flags(of: arguments)
    return mapOptions(in: arguments) { option in
      guard let (name, isOn) = boolean(option) ?? negated(option, flags), flags.contains(name) else {
        return option
      }
      if isOn { return "--" + name }
      return opposites(of: name).first(where: flags.contains).map { "--" + $0 }
    }
  }

  /// The flag that `--noflag` turns off, as the references' flags have it; `nil` when that is an option of its own.
  private static func negated(_ option: String, _ flags: Set<String>) -> (name: String, isOn: Bool)? {
    let name = option.dropFirst(2)
    guard name.hasPrefix("no"), !flags.contains(String(name)) else { return nil }
    return (String(name.dropFirst(2)), false)
  }

  /// What the argument parser may call the inverse of a flag.
  private static func opposites(of name: String) -> [String] {
    for (prefix, opposite) in [("no-", ""), ("enable-", "disable-"), ("disable-", "enable-")]
    where name.hasPrefix(prefix) {
      return [opposite + name.dropFirst(prefix.count), "no-" + name]
    }
    return ["no-" + name]
  }

  /// Long options replaced or dropped by `transform`; the rest as it is.
  private static func mapOptions(in arguments: [String], _ transform: (String) -> String?) -> [String] {
    // A shell asking for completions passes the user's words on, unchanged.
    if arguments.first == "---completion" { return arguments }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end].compactMap { $0.hasPrefix("--") ? transform($0) : $0 } + arguments[end...]
  }
}
