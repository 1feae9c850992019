import Bytes

/// JSON (RFC 8259) written as it is made, members in the order given; memory does not grow with the text.
///
///     let json = JSONWriter(StandardOutput.shared)
///     try json.object {
///       try json.member("name", tensor.name)
///       try json.member("shape", tensor.shape)
///       try json.array("shards") { for shard in shards { try json.value(shard) } }
///     }
///
/// JSON has no numbers that are not finite: they become the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, which
/// Python's `float()` and JavaScript's `Number()` turn back. Finite ones are the shortest that read back exactly.
/// Integers are written exactly, however large.
package final class JSONWriter {
  private enum Layout { case lines, inline }

  private let sink: any ByteSink
  /// For each open object or array: how it is laid out and whether something is in it.
  private var open: [(layout: Layout, isEmpty: Bool)] = []
  private var isAfterKey = false

  package init(_ sink: any ByteSink) { self.sink = sink }

  /// Writes an object, whose members `body` writes; on one line if `inline`, or if what contains it is.
  package func object(_ key: String? = nil, inline: Bool = false, _ body: () throws -> Void) throws {
    try container(key, "{", "}", inline, body)
  }

  /// Writes an array, whose elements `body` writes.
  package func array(_ key: String? = nil, inline: Bool = false, _ body: () throws -> Void) throws {
    try container(key, "[", "]", inline, body)
  }

  package func value(_ value: String) throws { try element(JSONWriter.quoted(value)) }
  package func value(_ value: Bool) throws { try element(value ? "true" : "false") }
  package func value<Integer: BinaryInteger>(_ value: Integer) throws { try element(String(value)) }
  package func value(_ value: Double) throws { try element(JSONWriter.number(value, value.description)) }
  package func value(_ value: Float) throws { try element(JSONWriter.number(Double(value), value.description)) }
  package func null() throws { try element("null") }

  package func member(_ key: String, _ value: String?) throws {
    try self.key(key)
    if let value { try self.value(value) } else { try null() }
  }

  package func member(_ key: String, _ value: Bool) throws {
    try self.key(key)
    try self.value(value)
  }

  package func member<Integer: BinaryInteger>(_ key: String, _ value: Integer?) throws {
    try self.key(key)
    if let value { try self.value(value) } else { try null() }
  }

  package func member(_ key: String, _ value: Double?) throws {
    try self.key(key)
    if let value { try self.value(value) } else { try null() }
  }

  package func member(_ key: String, _ value: Float?) throws {
    try self.key(key)
    if let value { try self.value(value) } else { try null() }
  }

  /// A list of numbers, as a shape, on one line.
  package func member<Integer: BinaryInteger>(_ key: String, _ values: [Integer]) throws {
    try array(key, inline: true) { for value in values { try self.value(value) } }
  }

  package func member(_ key: String, _ values: [String]) throws {
    try array(key) { for value in values { try self.value(value) } }
  }

  private func key(_ key: String) throws {
    try element(JSONWriter.quoted(key) + ": ")
    isAfterKey = true
  }

  private func container(
    _ key: String?, _ opening: String, _ closing: String, _ inline: Bool, _ body: () throws -> Void
  ) throws {
    if let key { try self.key(key) }
    try element(opening)
    open.append((inline || open.last?.layout == .inline ? .inline : .lines, true))
    try body()
    guard let ended = open.popLast() else { return }
    try put(ended.isEmpty || ended.layout == .inline ? closing : newline + closing)
    if open.isEmpty { try put("\n") }
  }

  /// Writes `text`, after the comma and space that its place asks for.
  private func element(_ text: String) throws {
    if isAfterKey {
      isAfterKey = false
      return try put(text)
    }
    guard let (layout, isEmpty) = open.last else { return try put(text) }
    open[open.count - 1].isEmpty = false
    try put((isEmpty ? "" : ",") + (layout == .lines ? newline : isEmpty ? "" : " ") + text)
  }

  private var newline: String { "\n" + String(repeating: "  ", count: open.count) }

  private func put(_ text: String) throws {
    var text = text
    try text.withUTF8 { try sink.write(UnsafeRawBufferPointer($0)) }
  }

  private static func number(_ value: Double, _ shortest: String) -> String {
    if value.isNaN { return "\"NaN\"" }
    return value.isFinite ? shortest : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<" ", "\u{7f}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
