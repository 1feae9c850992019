import Bytes
import Checkpoints
import Tensors

/// The numbers of a float32 tensor in a checkpoint, walked piece by piece on all cores.
///
/// Making one reads the tensor once: its checksum is checked and its extremes are found. Memory: nothing where the
/// tensor lies in a mapped file, whose pages are given back as they are passed; else the tensor.
package struct WeightTensor: Sendable {
  package let ref: TensorRef
  package let count: Int
  /// The least and the largest number; 0 when there is none.
  package let minimum: Float
  package let maximum: Float
  /// NaNs and infinities.
  package let nonFiniteCount: Int
  let pieces: ElementPieces
  private let bytes: ByteView

  package var info: TensorInfo { ref.info }

  /// - Throws: ``KernelError`` when the tensor is missing, damaged or not float32.
  package init(_ ref: TensorRef, _ workers: Workers) throws {
    let info = ref.info
    guard info.dtype == .float32 else {
      throw KernelError(
        .usage, ref.source.path, at: .tensor(info.name.description), "is \(info.dtype.name), not float32")
    }
    let contents = try ref.source.sizedContents(of: ref.index)
    let pieces = ElementPieces(elementCount: info.shape.elementCount, elementSize: 4)
    let needsChecksum = contents.uncheckedCRC != nil
    let scans = try workers.map(pieces.count) { piece in
      contents.bytes.passing(pieces.bytes(piece)) { bytes in
        (crc: needsChecksum ? CRC32C.of(bytes) : 0, extremes: Extremes(bytes))
      }
    }
    try ref.source.check(contents, of: ref.index, found: pieces.checksum(scans.lazy.map(\.crc)))
    let extremes = scans.reduce(into: Extremes()) { $0.merge($1.extremes) }
    self.ref = ref
    self.pieces = pieces
    count = info.shape.elementCount
    bytes = contents.bytes
    minimum = extremes.minimum <= extremes.maximum ? extremes.minimum : 0
    maximum = extremes.minimum <= extremes.maximum ? extremes.maximum : 0
    nonFiniteCount = extremes.nonFiniteCount
  }

  /// Refuses a tensor for which no codebook can be made.
  ///
  /// - Throws: ``KernelError`` `.badData` when it has no elements, or NaNs or infinities.
  package func checkCodable() throws {
    guard count > 0 else { throw error("has no elements") }
    guard nonFiniteCount == 0 else {
      throw error(
        nonFiniteCount == 1 ? "a value is NaN or infinite" : "\(nonFiniteCount) values are NaN or infinite",
        hint: "leave it as it is: --except '\(info.name.description.printable)'")
    }
  }

  package func error(_ problem: String, hint: String? = nil) -> KernelError {
    KernelError(.badData, ref.source.path, at: .tensor(info.name.description), problem, hint: hint)
  }

  /// Calls `body` with the numbers of each piece of `range`, and which of all numbers they are.
  func forEach(
    _ range: Range<Int>, _ body: (_ values: FloatBytes, _ elements: Range<Int>) throws -> Void
  ) rethrows {
    for piece in range {
      let elements = pieces.elements(piece)
      try bytes.passing(pieces.bytes(piece)) { try body(FloatBytes($0), elements) }
    }
  }

  /// Calls `body` with the numbers at `elements`.
  func with<R>(_ elements: Range<Int>, _ body: (FloatBytes) throws -> R) rethrows -> R {
    try bytes.passing(4 * elements.lowerBound..<4 * elements.upperBound) { try body(FloatBytes($0)) }
  }

  /// The results of `body` for each of `count` runs of neighbouring pieces, in order.
  func mapRuns<R: Sendable>(
    _ count: Int, _ workers: Workers, _ body: @escaping @Sendable (_ pieces: Range<Int>) throws -> R
  ) throws -> [R] {
    let pieceCount = pieces.count
    let count = max(1, min(count, pieceCount))
    return try workers.map(count) { run in
      try body(pieceCount * run / count..<pieceCount * (run + 1) / count)
    }
  }
}

/// Float32 numbers at any address: a checkpoint packs tensors without padding.
struct FloatBytes {
  private let base: UnsafeRawPointer?
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    base = bytes.baseAddress
    count = bytes.count / 4
  }

  /// - Precondition: `index` is below ``count``.
  @inline(__always) subscript(index: Int) -> Float {
    base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
  }

  /// Sixteen numbers from `index` on.
  @inline(__always) func vector(_ index: Int) -> SIMD16<Float> {
    base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index &* 4, as: SIMD16<Float>.self)
  }

  var address: UnsafeRawPointer? { base }
}
