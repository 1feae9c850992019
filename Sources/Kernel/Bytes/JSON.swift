/// A JSON value held in memory, for small texts of unknown structure; ``JSONReader`` is for large ones.
package indirect enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(Object)

  /// Members in the order of the text.
  package struct Object: Equatable, Sendable {
    package var members: [(key: String, value: JSON)] = []

    /// The value of `key`, compared as bytes; takes time linear in the members.
    package subscript(_ key: String) -> JSON? {
      members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    package static func == (a: Object, b: Object) -> Bool {
      a.members.elementsEqual(b.members) { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
    }
  }

  /// Parses a whole text as strictly as ``JSONReader`` does.
  ///
  /// - Parameter valueLimit: how many values (of some 40 bytes each) the text may hold, which bounds the memory.
  package init(parsing bytes: UnsafeRawBufferPointer, valueLimit: Int = 1 << 20) throws(ByteReader.Fault) {
    var reader = JSONReader(bytes)
    var remaining = valueLimit
    self = try JSON.value(&reader, &remaining)
    try reader.end()
  }

  private static func value(_ reader: inout JSONReader, _ remaining: inout Int) throws(ByteReader.Fault) -> JSON {
    guard remaining > 0 else { throw reader.fault("the text holds too many values") }
    remaining -= 1
    switch try reader.peek() {
    case .null:
      try reader.null()
      return .null
    case .bool: return .bool(try reader.bool())
    case .number: return .number(try reader.number())
    case .string: return .string(try reader.string())
    case .array:
      var elements: [JSON] = []
      try reader.array { reader throws(ByteReader.Fault) in elements.append(try value(&reader, &remaining)) }
      return .array(elements)
    case .object:
      var object = Object()
      try reader.object { reader, key throws(ByteReader.Fault) in
        object.members.append((key, try value(&reader, &remaining)))
      }
      return .object(object)
    }
  }
}
