import Bytes

/// numpy's strings of fixed width.
package enum NpyStrings {
  /// The elements without their padding, text as UTF-8; `nil` when a number is no Unicode scalar.
  package static func decode(_ data: ByteView, _ element: NpyHeader.Element) -> [[UInt8]]? {
    switch element {
    case .number: nil
    case .bytes(let width): bytes(data, width: width)
    case .text(let width, _): text(data, width: width)
    }
  }

  private static func bytes(_ data: ByteView, width: Int) -> [[UInt8]] {
    data.withUnsafeBytes { data in
      stride(from: 0, to: data.count, by: width).map { start in
        var end = start + width
        while end > start, data[end - 1] == 0 { end -= 1 }
        return [UInt8](data[start..<end])
      }
    }
  }

  private static func text(_ data: ByteView, width: Int) -> [[UInt8]]? {
    data.withUnsafeBytes { data in
      var strings: [[UInt8]] = []
      for start in stride(from: 0, to: data.count, by: 4 * width) {
        var string = ""
        var zeros = 0
        for offset in stride(from: start, to: start + 4 * width, by: 4) {
          let number = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
          guard let scalar = Unicode.Scalar(number) else { return nil }
          if number == 0 {
            zeros += 1
          } else {
            // Zeros inside the text count; only those at its end are padding.
            string += String(repeating: "\0", count: zeros)
            zeros = 0
            string.unicodeScalars.append(scalar)
          }
        }
        strings.append(Array(string.utf8))
      }
      return strings
    }
  }
}
