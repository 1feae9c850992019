/// A shell pattern over names: `*` (any run, `/` too), `?` (one byte), `[a-z]`, `[!a-z]`, `\` quotes.
///
/// `*` crosses `/` because tensor names are not folders: `tower/*/weights` also finds `tower/a/b/weights`.
/// Matching works on UTF-8 bytes and takes time linear in name × pattern, so no pattern can hang it.
public struct Glob: Sendable {
  private let tokens: [Token]
  public let pattern: String

  private enum Token: Sendable {
    case any
    case one
    case byte(UInt8)
    case set(Set<UInt8>, negated: Bool)
  }

  /// Compiles `pattern`; every string is a valid pattern.
  public init(_ pattern: String) {
    self.pattern = pattern
    var tokens: [Token] = []
    var rest = Array(pattern.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): tokens.append(.any)
      case UInt8(ascii: "?"): tokens.append(.one)
      case UInt8(ascii: "\\"): tokens.append(.byte(rest.popFirst() ?? byte))
      case UInt8(ascii: "["):
        if let set = Glob.set(&rest) { tokens.append(set) } else { tokens.append(.byte(byte)) }
      default: tokens.append(.byte(byte))
      }
    }
    self.tokens = tokens
  }

  /// A bracket expression after its `[`, or `nil` (consuming nothing) when it is never closed.
  private static func set(_ rest: inout ArraySlice<UInt8>) -> Token? {
    var inner = rest
    var members: Set<UInt8> = []
    let negated = inner.first == UInt8(ascii: "!") || inner.first == UInt8(ascii: "^")
    if negated { inner.removeFirst() }
    var isFirst = true
    while let byte = inner.popFirst() {
      if byte == UInt8(ascii: "]") && !isFirst {
        rest = inner
        return .set(members, negated: negated)
      }
      isFirst = false
      if inner.first == UInt8(ascii: "-"), let last = inner.dropFirst().first, last != UInt8(ascii: "]") {
        if byte <= last { members.formUnion(byte...last) }
        inner = inner.dropFirst(2)
      } else {
        members.insert(byte)
      }
    }
    return nil
  }

  /// Whether the whole of `name` matches.
  public func matches(_ name: String) -> Bool { matches(Array(name.utf8)) }

  /// Greedy matching that backtracks to the latest `*` only, which suffices for globs.
  package func matches(_ name: [UInt8]) -> Bool {
    var token = 0
    var position = 0
    var star: (token: Int, position: Int)?
    while position < name.count {
      if token < tokens.count, case .any = tokens[token] {
        star = (token, position)
        token += 1
      } else if token < tokens.count, Glob.accepts(tokens[token], name[position]) {
        token += 1
        position += 1
      } else if let previous = star {
        star = (previous.token, previous.position + 1)
        token = previous.token + 1
        position = previous.position + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { if case .any = $0 { true } else { false } }
  }

  private static func accepts(_ token: Token, _ byte: UInt8) -> Bool {
    switch token {
    case .any, .one: true
    case .byte(let expected): byte == expected
    case .set(let members, let negated): members.contains(byte) != negated
    }
  }
}
