import Tensors

/// An element type as a graph names it: one of ``DType``'s, a reference to one (of a `VariableV2`), or one that we do
/// not know.
public struct TypeCode: Hashable, Sendable {
  /// The number of TensorFlow's `DataType`.
  public var rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }
  public init(_ dtype: DType) { rawValue = dtype.rawValue }

  /// Whether it is a reference, numbered 100 above what it refers to.
  public var isReference: Bool { rawValue > 100 }

  /// The type of the elements; `nil` when we do not know it.
  public var dtype: DType? { DType(rawValue: isReference ? rawValue - 100 : rawValue) }
}

extension TypeCode: CustomStringConvertible {
  /// `float32`, `float32 ref`, `type 77`.
  public var description: String {
    guard let dtype else { return "type \(rawValue)" }
    return dtype.name + (isReference ? " ref" : "")
  }
}
