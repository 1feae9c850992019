import Tensors

/// A number as tensors hold it.
public protocol Element: BitwiseCopyable, Sendable, Equatable {
  /// The type of a tensor of such elements.
  static var dtype: DType { get }
}

extension Float: Element { public static var dtype: DType { .float32 } }
extension Double: Element { public static var dtype: DType { .float64 } }
extension Int8: Element { public static var dtype: DType { .int8 } }
extension Int16: Element { public static var dtype: DType { .int16 } }
extension Int32: Element { public static var dtype: DType { .int32 } }
extension Int64: Element { public static var dtype: DType { .int64 } }
extension UInt8: Element { public static var dtype: DType { .uint8 } }
extension UInt16: Element { public static var dtype: DType { .uint16 } }
extension UInt32: Element { public static var dtype: DType { .uint32 } }
extension UInt64: Element { public static var dtype: DType { .uint64 } }

extension DType {
  /// Whether elements of this type are `T`s in memory: booleans are read as bytes, halves as their bits.
  func isStored<T: Element>(as type: T.Type) -> Bool {
    switch self {
    case T.dtype: true
    case .bool, .quint8: T.self == UInt8.self
    case .half, .bfloat16, .quint16: T.self == UInt16.self
    case .qint8: T.self == Int8.self
    case .qint32: T.self == Int32.self
    default: false
    }
  }
}
