import Bytes
import Tensors

/// A tensor as text: a line for each row of the last dimension, elements separated by blanks, an empty line after
/// each matrix (and one more for each dimension outside it that ends there).
///
/// Numbers have the fewest digits that read back as the same value of their type; numpy's `loadtxt` reads the text of
/// a real tensor. Complex numbers are written as Python does, booleans as `true` and `false`. Strings are quoted;
/// `"`, `\`, control characters and bytes that are not UTF-8 are escaped (`\x1f`).
public enum TensorText {
  /// Writes the tensor of the checkpoint at `path` whose checked contents `bytes` are. Memory: 64 KiB, or one
  /// string if it is longer.
  ///
  /// - Throws: ``KernelError`` `.usage` for variants, which have no text, and whatever `sink` throws.
  public static func write(_ info: TensorInfo, _ bytes: ByteView, of path: String, to sink: any ByteSink) throws {
    var layout = TextLayout(info.shape, sink)
    if info.dtype == .string {
      var failure: (any Error)?
      try bytes.withUnsafeBytes {
        try StringTensor.forEach($0, count: info.shape.elementCount, maskedCRC: nil) { string in
          do { try layout.element { $0.append(quoted: string) } } catch { failure = failure ?? error }
        }
      }
      if let failure { throw failure }
    } else if let size = info.dtype.byteCount, let append = ElementText.appender(info.dtype) {
      try bytes.withUnsafeBytes { bytes in
        for offset in stride(from: 0, to: bytes.count, by: size) {
          try layout.element { append(bytes, offset, &$0) }
        }
      }
    } else {
      throw KernelError(
        .usage, path, at: .tensor(info.name.description), "\(info.dtype.name) values have no text",
        hint: "--raw writes them as they are stored")
    }
    try layout.finish()
  }
}

/// Puts separators between elements and hands text on in large portions.
private struct TextLayout {
  private let sink: any ByteSink
  private let rowLength: Int
  /// Rows in a matrix, in a stack of matrices, and so on outwards.
  private let rowsPerBlock: [Int]
  private var text: [UInt8] = []
  private var column = 0
  private var row = 0

  init(_ shape: Shape, _ sink: any ByteSink) {
    self.sink = sink
    rowLength = shape.dimensions.last ?? 1
    var rows = 1
    // The outermost block is the whole tensor, after which nothing needs to be set apart.
    // In an empty tensor nothing bounds the products, and nothing needs them.
    rowsPerBlock =
      shape.elementCount == 0
      ? []
      : shape.dimensions.dropFirst().dropLast().reversed().map { extent in
        rows *= extent
        return rows
      }
  }

  mutating func element(_ append: (inout [UInt8]) -> Void) throws {
    if column == 0 {
      for rows in rowsPerBlock where row > 0 && row % rows == 0 { text.append(UInt8(ascii: "\n")) }
    } else {
      text.append(UInt8(ascii: " "))
    }
    append(&text)
    column += 1
    if column == rowLength {
      text.append(UInt8(ascii: "\n"))
      column = 0
      row += 1
    }
    if text.count >= 1 << 16 { try flush() }
  }

  mutating func finish() throws { try flush() }

  private mutating func flush() throws {
    try sink.write(text)
    text.removeAll(keepingCapacity: true)
  }
}

extension [UInt8] {
  fileprivate mutating func append(quoted bytes: UnsafeRawBufferPointer) {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): self += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): self += Array("\\n".utf8)
      case UInt8(ascii: "\t"): self += Array("\\t".utf8)
      case 0..<0x20, 0x7f: append(escaped: byte)
      case 0x80... where !isText: append(escaped: byte)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func append(escaped byte: UInt8) {
    self += Array("\\x".utf8)
    if byte < 16 { append(UInt8(ascii: "0")) }
    self += Array(String(byte, radix: 16).utf8)
  }
}
