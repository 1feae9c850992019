/// One output of a node: `name` in a node's inputs and `name:0` in a collection mean the same.
public struct Endpoint: Hashable, Sendable {
  public var node: String
  public var output: Int

  public init(_ node: String, _ output: Int = 0) {
    self.node = node
    self.output = output
  }

  /// The endpoint that `name` or `name:k` means; `nil` when it is neither.
  public init?(parsing text: String) {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      guard !text.isEmpty, text.utf8.first != UInt8(ascii: "^") else { return nil }
      self.init(text)
      return
    }
    let digits = text.utf8[text.utf8.index(after: colon)...]
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let output = Int32(text[digits.startIndex...]),
      colon != text.startIndex, text.utf8.first != UInt8(ascii: "^")
    else { return nil }
    self.init(String(text[..<colon]), Int(output))
  }

  /// `name:k`, as collections write it.
  public var tensorName: String { "\(node):\(output)" }
}

extension Endpoint: CustomStringConvertible {
  /// `name` for the first output, else `name:k`, as inputs of nodes write it.
  public var description: String { output == 0 ? node : tensorName }
}

/// What a node waits for: a tensor, or only that another node has run.
public enum NodeInput: Hashable, Sendable {
  case data(Endpoint)
  case control(String)

  /// The node that it comes from.
  public var node: String {
    switch self {
    case .data(let endpoint): endpoint.node
    case .control(let node): node
    }
  }

  /// The tensor; `nil` for a control input.
  public var endpoint: Endpoint? {
    if case .data(let endpoint) = self { endpoint } else { nil }
  }

  /// The input that `name`, `name:k` or `^name` means; `nil` when it is none of them.
  public init?(parsing text: String) {
    if text.utf8.first == UInt8(ascii: "^") {
      let name = text.dropFirst()
      guard !name.isEmpty else { return nil }
      self = .control(String(name))
    } else {
      guard let endpoint = Endpoint(parsing: text) else { return nil }
      self = .data(endpoint)
    }
  }
}

extension NodeInput: CustomStringConvertible {
  public var description: String {
    switch self {
    case .data(let endpoint): endpoint.description
    case .control(let node): "^" + node
    }
  }
}
