import Bytes

/// An array read from a .npy file: row-major and little-endian, whatever the file had.
package struct NpyArray: Sendable {
  package let dtype: DType
  package let shape: Shape
  package let bytes: ByteView

  /// Reads the .npy file at `path`.
  ///
  /// Memory: nothing where the file has the wanted order already (the bytes are mapped), one copy otherwise.
  ///
  /// - Throws: ``KernelError`` when the file is missing or is not exactly one array of numbers.
  package init(path: String) throws {
    try self.init(MappedFile(path).view, path: path)
  }

  /// Reads the bytes of a .npy file.
  ///
  /// - Parameter path: where they come from, for messages.
  package init(_ file: ByteView, path: String) throws {
    let header: NpyHeader
    do {
      header = try file.withUnsafeBytes { bytes throws(ByteReader.Fault) in try NpyHeader(parsing: bytes) }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, path, at: .byte(fault.offset), fault.problem)
    }
    guard case .number(let dtype, _) = header.element else {
      throw KernelError(
        .badData, path, "an array of strings is not supported here; an array of numbers is expected")
    }
    guard file.count - header.headerByteCount == header.dataByteCount else {
      throw KernelError(
        .badData, path,
        "\(file.count - header.headerByteCount) bytes follow the header where an array of \(dtype.name)"
          + " \(header.shape) takes \(header.dataByteCount)",
        hint: "the file is truncated, or more than one array was saved into it")
    }
    self.dtype = dtype
    shape = header.shape
    bytes = try header.ordered(file.subview(header.headerByteCount..<file.count))
  }
}

extension NpyHeader {
  /// `data`, the elements as the file has them, in row-major, little-endian order: itself where it is so already.
  ///
  /// - Precondition: `data` has ``dataByteCount`` bytes.
  package func ordered(_ data: ByteView) throws -> ByteView {
    precondition(data.count == dataByteCount)
    let size = element.byteCount ?? 0
    let unit = byteOrderUnit
    let isPermuted = isColumnMajor && shape.dimensions.filter { $0 > 1 }.count > 1
    guard unit > 1 || isPermuted, data.count > 0 else { return data }
    return try ByteView(byteCount: data.count) { target in
      data.withUnsafeBytes { source in
        if isPermuted {
          ElementOrder.rowMajor(source, shape: shape, elementSize: size, into: target)
        } else {
          target.copyMemory(from: source)
        }
      }
      ElementOrder.swapBytes(target, unit: unit)
    }
  }

  /// The width of the numbers whose bytes must be reversed; 1 when none.
  private var byteOrderUnit: Int {
    switch element {
    case .number(let dtype, isBigEndian: true): dtype.byteOrderUnit ?? 1
    case .text(_, isBigEndian: true): 4
    default: 1
    }
  }
}
