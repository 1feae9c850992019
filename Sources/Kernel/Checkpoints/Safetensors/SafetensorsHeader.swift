import Bytes
import Tensors

/// The JSON header of a safetensors file as it stands, not judged yet (specs: formats §10.1).
struct SafetensorsHeader {
  /// A tensor whose bytes lie at `begin..<end` of the data that follow the header.
  struct Entry {
    var name: String
    var dtype = ""
    var dimensions: [Int] = []
    var begin = 0
    var end = 0
  }

  /// The longest header that the reference library reads.
  static let lengthLimit = 100_000_000
  /// The key that is no tensor.
  static let metadataKey = "__metadata__"
  /// TensorFlow's limit of dimensions.
  private static let rankLimit = 254

  /// In the order of the header.
  private(set) var entries: [Entry] = []
  /// Free text about the file, in the order of the header.
  private(set) var metadata: [(key: String, value: String)] = []

  /// Parses the header text, which must be one JSON object and perhaps spaces.
  init(parsing text: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    guard text.first == UInt8(ascii: "{") else {
      throw ByteReader.Fault(offset: 0, problem: "the header does not begin with {")
    }
    var entries: [Entry] = []
    var metadata: [(key: String, value: String)] = []
    var reader = JSONReader(text)
    try reader.object { reader, key throws(ByteReader.Fault) in
      if key == SafetensorsHeader.metadataKey {
        metadata = try SafetensorsHeader.metadata(&reader)
      } else {
        entries.append(try SafetensorsHeader.entry(key, &reader))
      }
    }
    try reader.end()
    self.entries = entries
    self.metadata = metadata
  }

  private static func metadata(
    _ reader: inout JSONReader
  ) throws(ByteReader.Fault) -> [(key: String, value: String)] {
    var metadata: [(key: String, value: String)] = []
    // The reference takes null for an absent object.
    if try reader.peek() == .null {
      try reader.null()
    } else {
      try reader.object { reader, key throws(ByteReader.Fault) in metadata.append((key, try reader.string())) }
    }
    return metadata
  }

  private static func entry(_ name: String, _ reader: inout JSONReader) throws(ByteReader.Fault) -> Entry {
    var entry = Entry(name: name)
    var seen: Set<String> = []
    let start = reader.offset
    try reader.object { reader, key throws(ByteReader.Fault) in
      seen.insert(key)
      switch key {
      case "dtype": entry.dtype = try reader.string()
      case "shape": entry.dimensions = try integers(&reader, limit: rankLimit)
      case "data_offsets":
        let offsets = try integers(&reader, limit: 2)
        guard offsets.count == 2 else { throw reader.fault("data_offsets must be two numbers") }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      // The reference ignores what it does not know.
      default: try reader.skip()
      }
    }
    guard seen.isSuperset(of: ["dtype", "shape", "data_offsets"]) else {
      throw ByteReader.Fault(
        offset: start, problem: "tensor \"\(name.printable)\" lacks one of dtype, shape and data_offsets")
    }
    return entry
  }

  private static func integers(_ reader: inout JSONReader, limit: Int) throws(ByteReader.Fault) -> [Int] {
    var values: [Int] = []
    try reader.array { reader throws(ByteReader.Fault) in
      guard values.count < limit else { throw reader.fault("more than \(limit) numbers") }
      values.append(try reader.count())
    }
    return values
  }
}
