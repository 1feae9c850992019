import Bytes

/// Makes records of the lines that ``RecordJSON`` writes, or that somebody else wrote in that form.
package struct RecordJSONReader {
  private var context: ExampleBuilder
  private var lists: ExampleBuilder
  private var scratch = Scratch()

  /// Values of the feature being read, kept for their memory.
  private struct Scratch {
    var floats: [Float] = []
    var integers: [Int64] = []
  }

  private typealias Fault = ByteReader.Fault

  /// - Parameter sortsKeys: whether features are put in the order of their names, or keep that of the text.
  package init(sortsKeys: Bool = false) {
    context = ExampleBuilder(sortsKeys: sortsKeys)
    lists = ExampleBuilder(sortsKeys: sortsKeys)
  }

  /// The payload that one JSON value describes.
  ///
  /// - Throws: ``ByteReader/Fault`` with the offset in `text`.
  package mutating func payload(of text: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> [UInt8] {
    context.removeAll()
    lists.removeAll()
    var raw: [UInt8]?
    var found: Set<String> = []
    var json = JSONReader(text)
    try json.object { json, key throws(Fault) in
      found.insert(key)
      switch key {
      case "features", "context":
        try context.features { builder throws(Fault) in
          try json.object { json, key throws(Fault) in
            try builder.feature(key) { builder throws(Fault) in
              try RecordJSONReader.readFeature(&json, &builder, &scratch)
            }
          }
        }
      case "feature_lists":
        try lists.featureLists { builder throws(Fault) in
          try json.object { json, key throws(Fault) in
            try builder.list(key) { builder throws(Fault) in
              try RecordJSONReader.readSteps(&json, &builder, &scratch)
            }
          }
        }
      case "raw": raw = try RecordJSONReader.base64(&json)
      default: throw json.fault("\"\(key.printable)\" is none of features, context, feature_lists and raw")
      }
    }
    try json.end()
    guard found.count < 2 || found == ["context", "feature_lists"] else {
      throw Fault(offset: 0, problem: "\(found.sorted().joined(separator: " and ")) exclude each other")
    }
    return raw ?? context.payload + lists.payload
  }

  private static func readSteps(
    _ json: inout JSONReader, _ builder: inout ExampleBuilder, _ scratch: inout Scratch
  ) throws(Fault) {
    try json.array { json throws(Fault) in
      try builder.step { builder throws(Fault) in try readFeature(&json, &builder, &scratch) }
    }
  }

  private static func readFeature(
    _ json: inout JSONReader, _ builder: inout ExampleBuilder, _ scratch: inout Scratch
  ) throws(Fault) {
    var hasKind = false
    try json.object { json, kind throws(Fault) in
      guard !hasKind else { throw json.fault("a feature has values of one kind only") }
      hasKind = true
      switch kind {
      case "bytes":
        try builder.bytes { builder throws(Fault) in
          try json.array { json throws(Fault) in builder.add(try bytes(&json)) }
        }
      case "float":
        scratch.floats.removeAll(keepingCapacity: true)
        try json.array { json throws(Fault) in scratch.floats.append(try float(&json)) }
        builder.floats(scratch.floats)
      case "int64":
        scratch.integers.removeAll(keepingCapacity: true)
        try json.array { json throws(Fault) in scratch.integers.append(try json.int64()) }
        builder.int64s(scratch.integers)
      default: throw json.fault("\"\(kind.printable)\" is none of bytes, float and int64")
      }
    }
  }

  private static func bytes(_ json: inout JSONReader) throws(Fault) -> [UInt8] {
    if try json.peek() == .string { return Array(try json.string().utf8) }
    var bytes: [UInt8]?
    let start = json.offset
    try json.object { json, key throws(Fault) in
      guard key == "base64" else { throw json.fault("bytes are text or {\"base64\": …}") }
      bytes = try base64(&json)
    }
    guard let bytes else { throw Fault(offset: start, problem: "bytes are text or {\"base64\": …}") }
    return bytes
  }

  private static func base64(_ json: inout JSONReader) throws(Fault) -> [UInt8] {
    _ = try json.peek()
    let start = json.offset
    guard let bytes = Base64.bytes(try json.string().utf8) else {
      throw Fault(offset: start, problem: "not the base64 of anything")
    }
    return bytes
  }

  private static func float(_ json: inout JSONReader) throws(Fault) -> Float {
    guard try json.peek() == .string else { return try json.float() }
    let start = json.offset
    let text = try json.string()
    switch text {
    case "NaN": return Float(bitPattern: 0x7fc0_0000)
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      if text.hasPrefix("NaN:"), let bits = UInt32(text.dropFirst(4), radix: 16), Float(bitPattern: bits).isNaN {
        return Float(bitPattern: bits)
      }
      throw Fault(offset: start, problem: "a number, NaN, Infinity or -Infinity is expected")
    }
  }
}
