import Tensors

/// The value of a constant.
public struct TensorValue: Equatable, Sendable {
  public let dtype: DType
  public let shape: Shape
  /// Row-major, little-endian; empty for strings.
  public let bytes: [UInt8]
  /// Row-major; empty for all other types.
  public let strings: [[UInt8]]

  /// Numbers; `nil` unless `bytes` are exactly those of `shape`.
  public init?(_ dtype: DType, _ shape: Shape, bytes: [UInt8]) {
    guard shape.byteCount(of: dtype) == bytes.count else { return nil }
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
    strings = []
  }

  /// Strings; `nil` unless they are as many as `shape` has elements.
  public init?(_ shape: Shape, strings: [[UInt8]]) {
    guard shape.elementCount == strings.count else { return nil }
    dtype = .string
    self.shape = shape
    bytes = []
    self.strings = strings
  }

  private init<T>(_ dtype: DType, scalar value: T) {
    self.dtype = dtype
    shape = .scalar
    bytes = withUnsafeBytes(of: value) { [UInt8]($0) }
    strings = []
  }

  /// A float32 scalar.
  public static func float(_ value: Float) -> TensorValue { TensorValue(.float32, scalar: value) }
  /// An int32 scalar.
  public static func int32(_ value: Int32) -> TensorValue { TensorValue(.int32, scalar: value) }

  /// A string scalar.
  public static func string(_ text: String) -> TensorValue { TensorValue(strings: [Array(text.utf8)], .scalar) }

  /// A vector of strings.
  public static func strings(_ texts: [String]) -> TensorValue {
    TensorValue(strings: texts.map { Array($0.utf8) }, Shape([texts.count]) ?? .scalar)
  }

  private init(strings: [[UInt8]], _ shape: Shape) {
    dtype = .string
    self.shape = shape
    bytes = []
    self.strings = strings
  }

  /// The elements of a tensor of integers (of at most 64 bits, signed or not, or bool); `nil` for other types and for
  /// an unsigned number that exceeds `Int`.
  public var integers: [Int]? {
    switch dtype {
    case .int8, .qint8: elements(as: Int8.self)
    case .uint8, .quint8, .bool: elements(as: UInt8.self)
    case .int16, .qint16: elements(as: Int16.self)
    case .uint16, .quint16: elements(as: UInt16.self)
    case .int32, .qint32: elements(as: Int32.self)
    case .uint32: elements(as: UInt32.self)
    case .int64: elements(as: Int64.self)
    case .uint64: elements(as: UInt64.self)
    default: nil
    }
  }

  private func elements<T: FixedWidthInteger>(as type: T.Type) -> [Int]? {
    let size = MemoryLayout<T>.size
    var values: [Int] = []
    values.reserveCapacity(bytes.count / size)
    return bytes.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: size) {
        guard let value = Int(exactly: T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)))
        else {
          return nil
        }
        values.append(value)
      }
      return values
    }
  }
}
