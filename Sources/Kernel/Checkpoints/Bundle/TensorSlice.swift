import Bytes
import Tensors

/// A box of a tensor: the part of a partitioned variable that one entry holds (`TensorSliceProto`).
public struct TensorSlice: Hashable, Sendable {
  /// The part of one dimension.
  public struct Extent: Hashable, Sendable {
    public let start: Int
    /// `nil` means the whole dimension.
    public let length: Int?

    public init(start: Int, length: Int?) {
      self.start = start
      self.length = length
    }
  }

  public let extents: [Extent]

  public init(_ extents: [Extent]) { self.extents = extents }

  /// Start and length in every dimension of a tensor of `shape`; `nil` when the box does not lie inside.
  func box(in shape: Shape) -> [(start: Int, length: Int)]? {
    guard extents.count == shape.rank else { return nil }
    var box: [(start: Int, length: Int)] = []
    for (extent, size) in zip(extents, shape.dimensions) {
      guard let length = extent.length else {
        guard extent.start == 0 else { return nil }
        box.append((0, size))
        continue
      }
      guard extent.start >= 0, length >= 0, extent.start <= size, length <= size - extent.start else { return nil }
      box.append((extent.start, length))
    }
    return box
  }

  /// The key under which a slice's data is stored: TensorFlow's OrderedCode of a zero, the name and the extents'
  /// numbers as stored (specs: formats §5.3). It begins with a zero byte, so slices sort before all names.
  package func key(of name: TensorName) -> [UInt8] {
    var key: [UInt8] = [0]
    for byte in name.utf8 {
      switch byte {
      case 0x00: key += [0x00, 0xff]
      case 0xff: key += [0xff, 0x00]
      default: key.append(byte)
      }
    }
    key += [0x00, 0x01]
    TensorSlice.append(unsigned: extents.count, to: &key)
    for extent in extents {
      TensorSlice.append(signed: extent.start, to: &key)
      TensorSlice.append(signed: extent.length ?? -1, to: &key)
    }
    return key
  }

  private static func append(unsigned value: Int, to key: inout [UInt8]) {
    let length = (Int.bitWidth - value.leadingZeroBitCount + 7) / 8
    key.append(UInt8(length))
    for byte in (0..<length).reversed() { key.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
  }

  /// n bytes for values of 7n - 1 bits and a sign, the first n bits saying n (inverted for negative values).
  private static func append(signed value: Int, to key: inout [UInt8]) {
    let significant = Int.bitWidth - (value < 0 ? ~value : value).leadingZeroBitCount
    let length = significant / 7 + 1
    // Up to ten bytes: the value's sign fills what 64 bits do not reach.
    var code = (0..<length).reversed().map { UInt8(truncatingIfNeeded: value >> min(8 * $0, 63)) }
    for bit in 0..<length { code[bit / 8] ^= 0x80 >> UInt8(bit % 8) }
    key += code
  }
}
