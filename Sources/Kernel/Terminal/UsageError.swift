import ArgumentParser
import Bytes

/// What the argument parser says of a command line it refuses, as one line and a hint.
///
/// The parser itself says it in up to forty lines: the problem, the help of the option concerned, the usage with
/// every option, and where to read more.
struct UsageError {
  private(set) var problem: String
  private(set) var hint: String?

  /// - Parameters:
  ///   - message: the problem, as `message(for:)` tells it.
  ///   - fullMessage: all of it, as `fullMessage(for:)` does.
  init(message: String, fullMessage: String, _ root: any ParsableCommand.Type) {
    let lines = fullMessage.split(separator: "\n").map(String.init)
    /// What follows `label` in the line that begins with it.
    func rest(after label: String) -> Substring? {
      lines.first { $0.hasPrefix(label) }.map { $0.dropFirst(label.count) }
    }
    let quoted = message.split(separator: "'", omittingEmptySubsequences: false)
    problem = UsageError.sentence(message)
    if message.hasPrefix("Value to be set with flag"), quoted.count >= 4 {
      problem = "\(quoted[3]) and \(quoted[1]) exclude each other"
    }
    var command = rest(after: "  See '")?.prefix { $0 != "'" }.split(separator: " ").dropLast().map(String.init)
    // The parser refers to the command that tells of all commands when it has a default one.
    if command?.last == "help" { command?.removeLast() }
    let reference = command.map { "see '\($0.joined(separator: " ")) --help'" }
    if let (problem, proposal) = UsageError.proposal(in: message) {
      (self.problem, hint) = (UsageError.sentence(problem), "did you mean \(proposal)")
    } else if let command, let group = CommandTree(root)?.group(at: command), message.contains("nexpected argument")
    {
      problem = "there is no subcommand '\(quoted.dropFirst().first ?? "")'"
      hint = "the subcommands are \(group.subcommands.filter { !$0.isHidden }.map(\.name).joined(separator: ", "))"
    } else if message.hasPrefix("Missing value"), let option = rest(after: "Help:  ")?.prefix(while: { $0 != " " })
    {
      hint = "a value that begins with - is given as \(option)=VALUE"
    } else if let help = rest(after: "Help:  "), !message.hasPrefix("Missing") {
      let syntax = help.contains("<size>") ? ByteSize.syntax : nil
      hint = [UsageError.explanation(String(help)), syntax, reference].compactMap { $0 }.joined(separator: "; ")
    } else if let usage = rest(after: "Usage: "), message.hasPrefix("Missing") || message.contains("nexpected") {
      hint = ["usage: " + UsageError.withoutOptions(usage), reference].compactMap { $0 }.joined(separator: "; ")
    } else {
      hint = reference
    }
  }

  /// The problem and the spelling that follows it in "…. Did you mean '--json'?"
  private static func proposal(in message: String) -> (problem: String, proposal: String)? {
    let marker = Array(". Did you mean ".utf8)
    let bytes = Array(message.utf8)
    guard bytes.count > marker.count,
      let start = (0...(bytes.count - marker.count)).first(where: { bytes[$0...].starts(with: marker) })
    else { return nil }
    return (
      String(decoding: bytes[..<start], as: UTF8.self),
      String(decoding: bytes[(start + marker.count)...], as: UTF8.self)
    )
  }

  /// `text` as our messages are: no capital at the start, no full stop at the end, one sentence.
  private static func sentence(_ text: String) -> String {
    var text = text.split(separator: ". Please ", maxSplits: 1).joined(separator: "; please ")
    if text.hasSuffix(".") { text.removeLast() }
    let second = text.dropFirst().first
    // An abbreviation or a name in capitals stays as it is.
    guard let first = text.first, second?.isLowercase ?? true || second == " " else { return text }
    return first.lowercased() + text.dropFirst()
  }

  /// `--limit <size>  Refuse larger ones.` as `--limit <size>: refuse larger ones`.
  private static func explanation(_ help: String) -> String {
    let parts = help.split(separator: "  ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return help }
    return "\(parts[0]): \(sentence(parts[1].split(separator: " ").joined(separator: " ")))"
  }

  /// A usage line with the options that one may leave out summed up as `[<options>]`.
  private static func withoutOptions(_ usage: Substring) -> String {
    var words: [Substring] = []
    var isOption = false
    var hasOptions = false
    for word in usage.split(separator: " ") {
      if word.hasPrefix("[-") { (isOption, hasOptions) = (true, true) }
      if !isOption { words.append(word) }
      if isOption && word.hasSuffix("]") { isOption = false }
    }
    return words.joined(separator: " ") + (hasOptions ? " [<options>]" : "")
  }
}
