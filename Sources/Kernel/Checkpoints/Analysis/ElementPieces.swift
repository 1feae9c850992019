import Bytes
import Tensors

/// A tensor's elements cut into pieces that any thread may take; the cuts depend on nothing but its type and size.
package struct ElementPieces: Sendable {
  /// Bytes of a piece: fits the second-level cache, so that a second pass over it costs little. A multiple of
  /// ``Widening/blockCount`` elements of every type.
  package static let byteCount = 1 << 20

  private let elementCount: Int
  private let elementSize: Int

  /// The pieces of that many elements of that many bytes each.
  package init(elementCount: Int, elementSize: Int) {
    self.elementCount = elementCount
    self.elementSize = elementSize
  }

  private var elementsPerPiece: Int { ElementPieces.byteCount / elementSize }
  package var count: Int { elementCount / elementsPerPiece + (elementCount % elementsPerPiece == 0 ? 0 : 1) }

  /// Which elements a piece has.
  package func elements(_ piece: Int) -> Range<Int> {
    let start = piece * elementsPerPiece
    return start..<(start + min(elementsPerPiece, elementCount - start))
  }

  /// Where their bytes are.
  package func bytes(_ piece: Int) -> Range<Int> {
    let elements = elements(piece)
    return elements.lowerBound * elementSize..<elements.upperBound * elementSize
  }

  /// The CRC-32C of the whole from those of the pieces.
  package func checksum(_ parts: some Sequence<UInt32>) -> UInt32 {
    parts.enumerated().reduce(0) { crc, part in
      CRC32C.combine(crc, part.element, lengthOfB: bytes(part.offset).count)
    }
  }
}

extension ByteView {
  /// Calls `body` with the bytes of `range`, giving memory pages of a mapped file back afterwards.
  package func passing<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    populatePages(range)
    defer { releasePages(range) }
    return try withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The CRC-32C of all bytes, taken by all of `workers`.
  package func checksum(_ workers: Workers) throws -> UInt32 {
    let pieces = ElementPieces(elementCount: count, elementSize: 1)
    return pieces.checksum(
      try workers.map(pieces.count) { piece in passing(pieces.bytes(piece)) { CRC32C.of($0) } })
  }
}

extension TensorSource {
  /// The tensor's contents, after making sure that they have the size that shape and type demand.
  ///
  /// - Throws: ``KernelError`` when the bytes are missing or damaged.
  package func sizedContents(of index: Int) throws -> TensorContents {
    let contents = try contents(of: index)
    let info = tensors[index]
    if let expected = info.shape.byteCount(of: info.dtype), contents.bytes.count != expected {
      throw KernelError(
        .badData, path, at: .tensor(info.name.description),
        "has \(contents.bytes.count) bytes where \(info.dtype.name) of shape \(info.shape) takes \(expected)")
    }
    return contents
  }

  /// Compares the checksum found for `contents` with the one that the container keeps, if it does.
  package func check(_ contents: TensorContents, of index: Int, found: UInt32) throws {
    guard let expected = contents.uncheckedCRC, found != expected else { return }
    throw damaged(index, found: found, expected: expected)
  }
}
