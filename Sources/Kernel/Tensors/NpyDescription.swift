import Bytes

/// numpy's short names of element types, such as `<f4`: byte order, kind, bytes.
enum NpyDescription {
  private static let numbers: [(text: String, dtype: DType)] = [
    ("b1", .bool), ("i1", .int8), ("u1", .uint8), ("i2", .int16), ("u2", .uint16), ("i4", .int32), ("u4", .uint32),
    ("i8", .int64), ("u8", .uint64), ("f2", .half), ("f4", .float32), ("f8", .float64), ("c8", .complex64),
    ("c16", .complex128), ("V2", .bfloat16),
  ]

  /// The description of `dtype` in little-endian order; `nil` when numpy has none.
  static func text(of dtype: DType) -> String? {
    numbers.first { $0.dtype == dtype }.map { (dtype.byteCount == 1 ? "|" : "<") + $0.text }
  }

  /// What `text` describes; `offset` is where it stands, for faults.
  static func element(_ text: String, at offset: Int) throws(ByteReader.Fault) -> NpyHeader.Element {
    if text == "bfloat16" { return .number(.bfloat16, isBigEndian: false) }
    var rest = Substring(text)
    var isBigEndian = false
    if let order = rest.first, "<>=|".contains(order) {
      isBigEndian = order == ">"
      rest.removeFirst()
    }
    if let match = numbers.first(where: { $0.text == rest }) {
      return .number(match.dtype, isBigEndian: isBigEndian)
    }
    if let width = Int(rest.dropFirst()), width > 0 {
      if rest.first == "S" { return .bytes(width: width) }
      if rest.first == "U" { return .text(width: width, isBigEndian: isBigEndian) }
    }
    throw ByteReader.Fault(offset: offset, problem: refusal(of: text.printable, kind: rest.first))
  }

  private static func refusal(of text: String, kind: Character?) -> String {
    switch kind {
    case "O": "an array of Python objects ('\(text)') holds pickled code, which is never loaded"
    case "M", "m": "an array of dates or durations ('\(text)') is no tensor"
    case "V": "elements of the unnamed type '\(text)' could mean anything; cast the array before saving it"
    default: "elements of type '\(text)' have no TensorFlow type"
    }
  }
}
