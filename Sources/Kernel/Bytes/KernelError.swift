/// The one error of the library: what was being read or written, where, what is wrong, and what would help.
///
/// Library code throws it and never prints; `Terminal` renders it as
/// `tool: file: place: problem` with an optional `hint:` line, and turns ``kind`` into the exit status.
public struct KernelError: Error, Equatable, Sendable {
  /// What sort of failure it is; decides the exit status of a program.
  public enum Kind: Sendable, Equatable {
    /// The request itself makes no sense (a weight count that does not match, an unknown tensor name).
    case usage
    /// The input's contents are damaged or not of the expected format.
    case badData
    /// An input does not exist or cannot be opened.
    case noInput
    /// An output cannot be created, or exists and may not be replaced.
    case cannotCreate
    /// Reading or writing failed half-way (disk full, I/O error).
    case io
  }

  /// A position inside ``source``.
  public enum Place: Sendable, Equatable {
    case byte(Int)
    case line(Int)
    case tensor(String)
    case member(String)
    /// A node of a graph.
    case node(String)
  }

  public var kind: Kind
  /// The file (or `stdin`, or an archive) concerned; empty when no file is.
  public var source: String
  public var place: Place?
  public var problem: String
  /// A likely remedy, as a whole phrase.
  public var hint: String?

  public init(_ kind: Kind, _ source: String, at place: Place? = nil, _ problem: String, hint: String? = nil) {
    self.kind = kind
    self.source = source
    self.place = place
    self.problem = problem
    self.hint = hint
  }
}

extension KernelError: CustomStringConvertible {
  /// `file: place: problem` on one line; control characters of hostile names are shown escaped.
  public var description: String {
    var parts: [String] = []
    if !source.isEmpty { parts.append(source.printable) }
    switch place {
    case .byte(let offset): parts.append("byte \(offset)")
    case .line(let number): parts.append("line \(number)")
    case .tensor(let name): parts.append("tensor \(name.printable)")
    case .member(let name): parts.append("member \(name.printable)")
    case .node(let name): parts.append("node \(name.printable)")
    case nil: break
    }
    parts.append(problem)
    return parts.joined(separator: ": ")
  }
}

extension String {
  /// The string with control characters as `\n`, `\t` or `\u{…}`, so that it stays on one line of a terminal.
  package var printable: String {
    guard unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
      return self
    }
    return unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar.value {
      case 0x0a: text += "\\n"
      case 0x09: text += "\\t"
      case 0..<0x20, 0x7f...0x9f: text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
