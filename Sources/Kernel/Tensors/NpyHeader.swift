import Bytes

/// The header of a .npy file: element type, order and shape of the array that follows it (specs: formats §10.2).
package struct NpyHeader: Equatable {
  /// What an element is.
  package enum Element: Equatable {
    case number(DType, isBigEndian: Bool)
    /// Byte strings of a fixed width, padded with zeros ('S').
    case bytes(width: Int)
    /// Text of a fixed number of 4-byte code points, padded with zeros ('U').
    case text(width: Int, isBigEndian: Bool)

    /// Bytes an element takes in the file; `nil` on overflow.
    var byteCount: Int? {
      switch self {
      case .number(let dtype, _): return dtype.byteCount
      case .bytes(let width): return width
      case .text(let width, _):
        let (count, overflow) = width.multipliedReportingOverflow(by: 4)
        return overflow ? nil : count
      }
    }
  }

  package var element: Element
  /// Whether the first index varies fastest.
  package var isColumnMajor: Bool
  package var shape: Shape
  /// Where the elements begin.
  package var headerByteCount: Int
  /// Bytes of all elements.
  package var dataByteCount: Int

  /// The longest header we read; numpy itself refuses more than 10,000 bytes unless told otherwise.
  package static let lengthLimit = 1 << 16
  /// TensorFlow's limit of dimensions; numpy's is lower.
  package static let rankLimit = 254
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

extension NpyHeader {
  /// Parses the header at the beginning of `bytes`; the elements themselves need not be there.
  package init(parsing bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(NpyHeader.magic) else {
      throw ByteReader.Fault(offset: 0, problem: "not a .npy file: it does not begin with \\x93NUMPY")
    }
    let lengthBytes: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0): lengthBytes = 2
    case (2, 0), (3, 0): lengthBytes = 4
    case (let major, let minor):
      throw ByteReader.Fault(offset: 6, problem: "version \(major).\(minor) of the .npy format is not known")
    }
    var reader = ByteReader(bytes, offset: 8)
    var length = 0
    for (place, byte) in try reader.take(lengthBytes).enumerated() { length |= Int(byte) << (8 * place) }
    guard length <= NpyHeader.lengthLimit else {
      throw ByteReader.Fault(
        offset: 8, problem: "a header of \(length) bytes exceeds the limit of \(NpyHeader.lengthLimit)")
    }
    let start = reader.offset
    var fields = NpyFields(try reader.take(length), at: start)
    try fields.parse()
    element = try NpyDescription.element(fields.description.text, at: fields.description.offset)
    isColumnMajor = fields.isColumnMajor
    shape = fields.shape
    headerByteCount = reader.offset
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: element.byteCount ?? .max)
    guard !overflow else {
      throw ByteReader.Fault(offset: start, problem: "an array of shape \(shape) is larger than any memory")
    }
    dataByteCount = count
  }
}

extension NpyHeader {
  /// The header that `numpy.save` writes for a row-major, little-endian array, byte for byte.
  ///
  /// bfloat16 is written as `<V2`, as ml_dtypes does.
  ///
  /// - Returns: `nil` for a type that has no numpy description, or a rank above ``rankLimit``.
  package static func bytes(of dtype: DType, shape: Shape) -> [UInt8]? {
    guard let description = NpyDescription.text(of: dtype), shape.rank <= rankLimit else { return nil }
    return bytes(of: description, shape: shape)
  }

  /// The same for an array of byte strings of this width, in bytes.
  package static func bytes(ofStrings width: Int, shape: Shape) -> [UInt8]? {
    guard width > 0, shape.rank <= rankLimit else { return nil }
    return bytes(of: "|S\(width)", shape: shape)
  }

  private static func bytes(of description: String, shape: Shape) -> [UInt8] {
    let extents = shape.dimensions.map(String.init)
    let tuple = extents.count == 1 ? "(\(extents[0]),)" : "(" + extents.joined(separator: ", ") + ")"
    var text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }"
    // Room for the first dimension to grow in place to any 64-bit number.
    if let first = extents.first { text += String(repeating: " ", count: max(0, 21 - first.utf8.count)) }
    // A full 64 when the length fits already: numpy does so too.
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    // Version 1.0, whose 16-bit length the rank limit keeps from overflowing.
    let length = text.utf8.count
    return magic + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
      + Array(text.utf8)
  }
}
