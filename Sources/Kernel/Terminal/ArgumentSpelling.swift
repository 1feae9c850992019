/// The spellings of long options that the programs accept beside the GNU one, so that the command lines of the
/// reference solutions run unchanged: `--train_data_pattern=x`, `--run_once=True`.
enum ArgumentSpelling {
  /// `arguments` with `-` for `_` in the names of long options; values and all after `--` stay as they are.
  static func hyphenated(_ arguments: [String]) -> [String] {
    mapOptions(in: arguments) { option in
      guard option.utf8.contains(UInt8(ascii: "_")) else { return option }
      let end = option.firstIndex(of: "=") ?? option.endIndex
      return String(option[..<end].map { $0 == "_" ? "-" : $0 }) + option[end...]
    }
  }

  /// Long options replaced or dropped by `transform`; the rest as it is.
  private static func mapOptions(in arguments: [String], _ transform: (String) -> String?) -> [String] {
    // A shell asking for completions passes the user's words on, unchanged.
    if arguments.first == "---completion" { return arguments }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end].compactMap { $0.hasPrefix("--") ? transform($0) : $0 } + arguments[end...]
  }
}
