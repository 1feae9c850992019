import Tensors

/// The element types of safetensors files that TensorFlow has too (specs: formats §10.1).
enum SafetensorsType {
  /// In the reference library's order, by which its writer sorts (downwards).
  private static let all: [(name: String, dtype: DType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("F8_E5M2", .float8E5M2), ("F8_E4M3", .float8E4M3FN),
    ("F8_E4M3FNUZ", .float8E4M3FNUZ), ("F8_E5M2FNUZ", .float8E5M2FNUZ), ("I16", .int16), ("U16", .uint16),
    ("F16", .half), ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32), ("C64", .complex64),
    ("F64", .float64), ("I64", .int64), ("U64", .uint64),
  ]

  static func dtype(named name: String) -> DType? { all.first { $0.name == name }?.dtype }

  /// The name of `dtype` and its rank in the writer's order; `nil` when safetensors lacks the type.
  static func entry(for dtype: DType) -> (name: String, rank: Int)? {
    all.firstIndex { $0.dtype == dtype }.map { (all[$0].name, $0) }
  }
}
