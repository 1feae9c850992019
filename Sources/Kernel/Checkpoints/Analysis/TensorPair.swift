import Bytes
import Glibc
import Tensors

/// A tensor of one checkpoint and its namesake in another.
struct TensorPair: Sendable {
  let first: TensorRef
  let second: TensorRef

  init(_ first: TensorRef, _ second: TensorRef) {
    self.first = first
    self.second = second
  }

  /// `nil` when they are equal.
  func difference(_ tolerance: Tolerance, _ workers: Workers) throws -> TensorDifference? {
    let (a, b) = (first.info, second.info)
    func difference(_ values: ValueDifference?) -> TensorDifference {
      TensorDifference(first: a, second: b, values: values)
    }
    guard a.shape == b.shape else { return difference(nil) }
    let contents = (
      try first.source.sizedContents(of: first.index), try second.source.sizedContents(of: second.index)
    )
    if a.dtype != b.dtype {
      guard a.dtype.isComparable, b.dtype.isComparable else { return difference(nil) }
      try first.source.check(contents.0, of: first.index, found: contents.0.bytes.checksum(workers))
      try second.source.check(contents.1, of: second.index, found: contents.1.bytes.checksum(workers))
      return difference(try deviations(contents.0.bytes, contents.1.bytes, tolerance, workers).summary)
    }
    if try areIdentical(contents.0, contents.1, workers) { return nil }
    guard a.dtype != .string else { return difference(try stringDifference(contents.0.bytes, contents.1.bytes)) }
    guard a.dtype.isComparable else { return difference(nil) }
    let values = try deviations(contents.0.bytes, contents.1.bytes, tolerance, workers).summary
    return values.differingCount > 0 ? difference(values) : nil
  }

  /// Whether the bytes are the same; checks both checksums in the same pass.
  private func areIdentical(_ a: TensorContents, _ b: TensorContents, _ workers: Workers) throws -> Bool {
    let common = min(a.bytes.count, b.bytes.count)
    let isSameSize = a.bytes.count == b.bytes.count
    guard isSameSize else {
      // Strings: the sizes of their encodings tell already, but damage is worth more than a difference.
      try first.source.check(a, of: first.index, found: a.bytes.checksum(workers))
      try second.source.check(b, of: second.index, found: b.bytes.checksum(workers))
      return false
    }
    let pieces = ElementPieces(elementCount: common, elementSize: 1)
    let parts = try workers.map(pieces.count) { piece in
      a.bytes.passing(pieces.bytes(piece)) { left in
        b.bytes.passing(pieces.bytes(piece)) { right in
          let isSame = left.hasSameBytes(as: right)
          let crc = CRC32C.of(left)
          return (isSame: isSame, left: crc, right: isSame ? crc : CRC32C.of(right))
        }
      }
    }
    try first.source.check(a, of: first.index, found: pieces.checksum(parts.lazy.map(\.left)))
    try second.source.check(b, of: second.index, found: pieces.checksum(parts.lazy.map(\.right)))
    return parts.allSatisfy(\.isSame)
  }

  private func deviations(
    _ a: ByteView, _ b: ByteView, _ tolerance: Tolerance, _ workers: Workers
  ) throws -> Deviations {
    let (left, right) = (first.info.dtype, second.info.dtype)
    let count = first.info.shape.elementCount
    // Both tensors are cut at the same elements, after those of the wider type.
    let pieces = ElementPieces(elementCount: count, elementSize: max(left.byteCount ?? 1, right.byteCount ?? 1))
    let parts = try workers.map(pieces.count) { piece in
      let elements = pieces.elements(piece)
      func range(_ dtype: DType) -> Range<Int> {
        let size = dtype.byteCount ?? 1
        return elements.lowerBound * size..<elements.upperBound * size
      }
      return a.passing(range(left)) { a in
        b.passing(range(right)) { b in
          var deviations = Deviations(left.isExact && right.isExact ? .exact : tolerance)
          deviations.add(left, a, right, b, count: elements.count)
          if left == right, left.isExact {
            deviations.differingCount = TensorPair.unequalElements(a, b, elementSize: left.byteCount ?? 1)
          }
          return deviations
        }
      }
    }
    return parts.reduce(into: Deviations(tolerance)) { $0.merge($1) }
  }

  /// Elements whose bytes differ; float64 would take large integers for equal that are not.
  private static func unequalElements(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, elementSize: Int
  ) -> Int {
    func count<T: FixedWidthInteger>(_: T.Type) -> Int {
      stride(from: 0, to: a.count, by: elementSize).reduce(0) { count, offset in
        let isSame =
          a.loadUnaligned(fromByteOffset: offset, as: T.self) == b.loadUnaligned(fromByteOffset: offset, as: T.self)
        return count + (isSame ? 0 : 1)
      }
    }
    return switch elementSize {
    case 1: count(UInt8.self)
    case 2: count(UInt16.self)
    case 4: count(UInt32.self)
    default: count(UInt64.self)
    }
  }

  private func stringDifference(_ a: ByteView, _ b: ByteView) throws -> ValueDifference {
    let count = first.info.shape.elementCount
    let left = try a.withUnsafeBytes { try StringTensor.decode($0, count: count) }
    let right = try b.withUnsafeBytes { try StringTensor.decode($0, count: count) }
    let differing = zip(left, right).lazy.filter { $0 != $1 }.count
    return ValueDifference(differingCount: differing, maxAbsolute: nil, maxRelative: nil, cosine: nil)
  }
}

extension UnsafeRawBufferPointer {
  /// Compares two stretches of the same length.
  fileprivate func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
    guard let left = baseAddress, let right = other.baseAddress else { return true }
    return memcmp(left, right, count) == 0
  }
}

extension DType {
  /// Whether elements are numbers: everything but strings, variants and resource handles.
  var isComparable: Bool { byteCount != nil }

  var isComplex: Bool { self == .complex64 || self == .complex128 }

  /// Whether values are integers, quantized numbers or booleans, to which no tolerance applies.
  var isExact: Bool {
    switch self {
    case .float32, .float64, .half, .bfloat16, .complex64, .complex128, .float8E5M2, .float8E4M3FN, .float8E4M3FNUZ,
      .float8E4M3B11FNUZ, .float8E5M2FNUZ, .float4E2M1FN:
      false
    default: true
    }
  }
}
