import Bytes

/// Reads conditions as they are written on a command line:
///
///     frames >= 30 and labels contains 5 and not id ~ "^00"
///
///     condition = term { "or" term }          term = factor { "and" factor }
///     factor    = "not" factor | "(" condition ")" | test
///     test      = ("frames" | "label_count") ("<" | "<=" | "=" | "==" | "!=" | ">=" | ">") NUMBER
///               | "labels" "contains" NUMBER
///               | "id" ("=" | "==" | "!=" | "~") TEXT
///
/// TEXT stands in double or single quotes, in which `\` quotes the next character, or is a word; `~` asks for a POSIX
/// extended regular expression.
package struct ConditionParser {
  private let text: String
  private let tokens: [ConditionToken]
  private var position = 0
  private var depth = 0
  private static let deepest = 100

  /// - Throws: ``KernelError`` `.usage` that points at the column.
  package static func parse(_ text: String) throws -> RecordCondition {
    var parser = ConditionParser(text: text, tokens: try ConditionToken.all(in: text))
    let condition = try parser.condition()
    if let rest = parser.current { throw parser.expected("\"and\", \"or\" or the end", at: rest) }
    return condition
  }

  private init(text: String, tokens: [ConditionToken]) {
    self.text = text
    self.tokens = tokens
  }

  private var current: ConditionToken? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard let token = current, token.kind != .quoted, token.text == word else { return false }
    position += 1
    return true
  }

  private mutating func condition() throws -> RecordCondition {
    var parts = [try term()]
    while take("or") { parts.append(try term()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func term() throws -> RecordCondition {
    var parts = [try factor()]
    while take("and") { parts.append(try factor()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func factor() throws -> RecordCondition {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ConditionParser.deepest else {
      throw ConditionParser.error(text, column: 1, "it is nested too deeply")
    }
    if take("not") { return .not(try factor()) }
    guard take("(") else { return try test() }
    let inner = try condition()
    guard take(")") else { throw expected("\")\"", at: current) }
    return inner
  }

  private mutating func test() throws -> RecordCondition {
    if take("frames") { return .frames(try comparison(), try number()) }
    if take("label_count") { return .labelCount(try comparison(), try number()) }
    if take("labels") {
      guard take("contains") else { throw expected("\"contains\"", at: current) }
      return .labels([try number()])
    }
    guard take("id") else { throw expected("id, labels, label_count, frames, not or \"(\"", at: current) }
    if take("=") || take("==") { return .idIs(Array(try string().utf8)) }
    if take("!=") { return .not(.idIs(Array(try string().utf8))) }
    guard take("~") else { throw expected("\"=\", \"!=\" or \"~\"", at: current) }
    let place = current
    let pattern = try string()
    do { return .idMatches(try RegularExpression(pattern)) } catch let error as KernelError {
      throw ConditionParser.error(text, column: place?.column ?? 1, error.problem)
    }
  }

  private mutating func comparison() throws -> RecordCondition.Comparison {
    if take("==") { return .equal }
    for comparison in RecordCondition.Comparison.allCases where take(comparison.rawValue) { return comparison }
    throw expected("a comparison such as \">=\"", at: current)
  }

  private mutating func number() throws -> Int64 {
    guard let token = current, token.kind == .word, let number = Int64(token.text) else {
      throw expected("a whole number", at: current)
    }
    position += 1
    return number
  }

  private mutating func string() throws -> String {
    guard let token = current, token.kind != .symbol else { throw expected("a text in quotes", at: current) }
    position += 1
    return token.text
  }

  private func expected(_ what: String, at token: ConditionToken?) -> KernelError {
    guard let token else {
      return ConditionParser.error(text, column: text.count + 1, "\(what) is missing at the end")
    }
    return ConditionParser.error(text, column: token.column, "\(what) expected, not \"\(token.text)\"")
  }

  static func error(_ text: String, column: Int, _ problem: String) -> KernelError {
    KernelError(
      .usage, "", "condition, column \(column): \(problem)",
      hint: "a condition is for example: frames >= 30 and labels contains 5 and not id ~ \"^00\"")
  }
}

/// A word, symbol or quoted text of a condition.
struct ConditionToken: Equatable {
  enum Kind { case word, symbol, quoted }

  let kind: Kind
  let text: String
  /// Where it begins, from 1, in characters.
  let column: Int

  static func all(in text: String) throws -> [ConditionToken] {
    var tokens: [ConditionToken] = []
    var rest = Array(text)[...]
    while let first = rest.first {
      let column = rest.startIndex + 1
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "\"" || first == "'" {
        rest.removeFirst()
        tokens.append(
          ConditionToken(kind: .quoted, text: try quoted(&rest, until: first, text, column), column: column))
      } else if let symbol = symbols.first(where: { rest.starts(with: $0) }) {
        rest.removeFirst(symbol.count)
        tokens.append(ConditionToken(kind: .symbol, text: symbol, column: column))
      } else {
        let word = rest.prefix { character in
          !character.isWhitespace && !"\"'".contains(character) && !symbols.contains { $0.first == character }
        }
        guard !word.isEmpty else {
          throw ConditionParser.error(text, column: column, "\"\(first)\" means nothing here")
        }
        rest.removeFirst(word.count)
        tokens.append(ConditionToken(kind: .word, text: String(word), column: column))
      }
    }
    return tokens
  }

  /// Longer ones first.
  private static let symbols = ["<=", ">=", "==", "!=", "<", ">", "=", "~", "(", ")"]

  private static func quoted(
    _ rest: inout ArraySlice<Character>, until quote: Character, _ text: String, _ column: Int
  ) throws -> String {
    var contents = ""
    while let character = rest.popFirst() {
      if character == quote { return contents }
      if character == "\\", let next = rest.first, next == quote || next == "\\" {
        contents.append(next)
        rest.removeFirst()
      } else {
        contents.append(character)
      }
    }
    throw ConditionParser.error(text, column: column, "the text that begins here is never closed")
  }
}
