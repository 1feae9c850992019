import Bytes
import Tensors

/// A tensor as its container describes it.
public struct TensorInfo: Hashable, Sendable {
  public var name: TensorName
  public var dtype: DType
  public var shape: Shape
  /// Bytes of the tensor's contents (for strings and variants, of their bundle encoding).
  public var byteCount: Int

  public init(name: TensorName, dtype: DType, shape: Shape, byteCount: Int) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.byteCount = byteCount
  }
}

/// A tensor's bytes: row-major and little-endian; strings and variants in the encoding of a bundle (specs: formats §5.2).
public struct TensorContents: Sendable {
  public let bytes: ByteView
  /// The CRC-32C that ``bytes`` must have and that nobody has checked yet; `nil` when the container keeps none or it
  /// is checked already. Leaving the check to the consumer lets it happen while the bytes are in the cache.
  public let uncheckedCRC: UInt32?

  public init(bytes: ByteView, uncheckedCRC: UInt32? = nil) {
    self.bytes = bytes
    self.uncheckedCRC = uncheckedCRC
  }
}

/// A container of named tensors opened for reading: a bundle, a V1 checkpoint, a safetensors file, an npz archive.
///
/// Opening reads and validates the directory of tensors only. Memory per ``contents(of:)`` call: nothing where the
/// tensor lies contiguous in a mapped file, one tensor where it must be assembled or decoded.
public protocol TensorSource: Sendable {
  /// What the user called it, for messages.
  var path: String { get }
  /// All tensors, names unique and in byte order.
  var tensors: [TensorInfo] { get }
  /// The tensor at `index` of ``tensors``; safe to call from several threads.
  ///
  /// - Throws: ``KernelError`` naming the tensor when its bytes are missing or damaged.
  func contents(of index: Int) throws -> TensorContents
}

extension TensorSource {
  /// The position of `name` in ``tensors``.
  public func index(of name: TensorName) -> Int? {
    var low = 0
    var high = tensors.count
    while low < high {
      let middle = (low + high) / 2
      if tensors[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low < tensors.count && tensors[low].name == name ? low : nil
  }

  /// The tensor at `index` with its checksum checked.
  public func checkedContents(of index: Int) throws -> TensorContents {
    let contents = try contents(of: index)
    if let expected = contents.uncheckedCRC {
      let found = contents.bytes.withUnsafeBytes { CRC32C.of($0) }
      guard found == expected else { throw damaged(index, found: found, expected: expected) }
    }
    return TensorContents(bytes: contents.bytes)
  }

  /// The error for a tensor whose bytes do not have the recorded checksum.
  package func damaged(_ index: Int, found: UInt32, expected: UInt32) -> KernelError {
    KernelError(
      .badData, path, at: .tensor(tensors[index].name.description),
      "checksum \(hex(found)) of its bytes does not match \(hex(expected)) in the index",
      hint: "the copy is damaged, or data and index belong to different checkpoints; copy both again")
  }
}
