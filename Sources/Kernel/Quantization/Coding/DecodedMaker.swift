import Bytes
import CKernel
import Checkpoints
import Tensors

/// Makes the float32 bytes that narrow numbers or codes stand for.
///
/// Memory: nothing where what is stored lies in a mapped file.
package struct DecodedMaker: PieceMaker {
  private enum Storage {
    case half
    case bfloat16
    case codes(CodePlanes, [Float])
  }

  private let storage: Storage
  private let stored: TensorRef
  private let bytes: ByteView

  /// What `stored`, float16 or bfloat16 numbers, says.
  package init(narrow stored: TensorRef) throws {
    self.stored = stored
    storage = stored.info.dtype == .half ? .half : .bfloat16
    bytes = try stored.source.checkedContents(of: stored.index).bytes
  }

  /// What the codes in `stored` say, of as many bits as tell the numbers of `codebook` apart.
  ///
  /// - Throws: ``KernelError`` `.badData` when either does not have the size that `elementCount` codes take.
  package init(codes stored: TensorRef, _ codebook: TensorRef, bits: Int, elementCount: Int) throws {
    let planes = CodePlanes(bits: bits, elementCount: elementCount)
    guard stored.info.dtype == .uint8, stored.info.byteCount == planes.byteCount else {
      throw KernelError(
        .badData, stored.source.path, at: .tensor(stored.info.name.description),
        "is \(stored.info.dtype.name) \(stored.info.shape) where \(elementCount) codes of \(bits) bits take "
          + "\(planes.byteCount) bytes")
    }
    guard (1...8).contains(bits), codebook.info.dtype == .float32,
      codebook.info.shape.elementCount <= 1 << bits
    else {
      throw KernelError(
        .badData, codebook.source.path, at: .tensor(codebook.info.name.description),
        "is \(codebook.info.dtype.name) \(codebook.info.shape), not the codebook of codes of \(bits) bits")
    }
    let values = try codebook.source.checkedContents(of: codebook.index).bytes.withUnsafeBytes { bytes in
      let values = FloatBytes(bytes)
      return (0..<values.count).map { values[$0] }
    }
    self.stored = stored
    storage = .codes(planes, values)
    bytes = try stored.source.checkedContents(of: stored.index).bytes
  }

  package func make(_ range: Range<Int>, into out: UnsafeMutableRawBufferPointer) throws {
    let elements = range.lowerBound / 4..<range.upperBound / 4
    let values = out.bindMemory(to: Float.self)
    switch storage {
    case .half:
      withStored(elements, size: 2) { numbers in
        guard let target = values.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 2048) { halves in
          for start in stride(from: 0, to: elements.count, by: 2048) {
            let count = min(2048, elements.count - start)
            UnsafeMutableRawBufferPointer(halves).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: numbers[2 * start..<2 * (start + count)]))
            ck_float_from_half(target + start, halves.baseAddress, count)
          }
        }
      }
    case .bfloat16:
      withStored(elements, size: 2) { numbers in
        for index in 0..<elements.count {
          let bits = numbers.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          values[index] = Float(bitPattern: UInt32(bits) << 16)
        }
      }
    case .codes(let planes, let codebook):
      let code = codes(planes, elements)
      for index in 0..<elements.count {
        guard Int(code[index]) < codebook.count else {
          throw KernelError(
            .badData, stored.source.path, at: .tensor(stored.info.name.description),
            "code \(code[index]) has no number in a codebook of \(codebook.count)")
        }
        values[index] = codebook[Int(code[index])]
      }
    }
  }

  private func withStored<R>(
    _ elements: Range<Int>, size: Int, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    try bytes.passing(elements.lowerBound * size..<elements.upperBound * size) { try body($0) }
  }

  /// The codes of these elements.
  private func codes(_ planes: CodePlanes, _ elements: Range<Int>) -> [UInt8] {
    var codes = [UInt8](repeating: 0, count: elements.count)
    for plane in planes.planes {
      let perByte = plane.codesPerByte
      let mask = UInt8(truncatingIfNeeded: 1 << plane.bits - 1)
      let first = elements.lowerBound / perByte
      let last = (elements.upperBound + perByte - 1) / perByte
      bytes.passing(plane.bytes.lowerBound + first..<plane.bytes.lowerBound + last) { packed in
        for index in codes.indices {
          let element = elements.lowerBound + index
          let part = packed[element / perByte - first] >> UInt8(element % perByte * plane.bits) & mask
          codes[index] |= part << UInt8(plane.shift)
        }
      }
    }
    return codes
  }
}
