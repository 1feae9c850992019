/// TensorFlow's element types, with the enum values its files use (specs: formats §5.2).
///
/// The float8 and 4- and 2-bit types take one byte an element on disk; strings and variants have no fixed size.
public enum DType: Int32, Sendable, CaseIterable, Hashable {
  case float32 = 1, float64, int32, uint8, int16, int8, string, complex64, int64, bool
  case qint8 = 11, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, resource
  case variant = 21, uint32, uint64
  case float8E5M2 = 24, float8E4M3FN, float8E4M3FNUZ, float8E4M3B11FNUZ, float8E5M2FNUZ
  case int4 = 29, uint4, int2, uint2, float4E2M1FN

  /// Bytes an element takes in a checkpoint; `nil` for strings, variants and resource handles.
  public var byteCount: Int? {
    switch self {
    case .string, .variant, .resource: nil
    case .complex128: 16
    case .float64, .int64, .uint64, .complex64: 8
    case .float32, .int32, .uint32, .qint32: 4
    case .int16, .uint16, .qint16, .quint16, .half, .bfloat16: 2
    default: 1
    }
  }

  /// The name that TensorFlow and numpy print (`float16` for half).
  public var name: String {
    switch self {
    case .half: "float16"
    case .float8E5M2: "float8_e5m2"
    case .float8E4M3FN: "float8_e4m3fn"
    case .float8E4M3FNUZ: "float8_e4m3fnuz"
    case .float8E4M3B11FNUZ: "float8_e4m3b11fnuz"
    case .float8E5M2FNUZ: "float8_e5m2fnuz"
    case .float4E2M1FN: "float4_e2m1fn"
    default: "\(self)"
    }
  }

  /// The type of that name; `f16`, `bf16`, `f32`, `f64` and `half` are understood too.
  public init?(named name: String) {
    switch name {
    case "f16", "half": self = .half
    case "bf16": self = .bfloat16
    case "f32", "float": self = .float32
    case "f64", "double": self = .float64
    default:
      guard let match = DType.allCases.first(where: { $0.name == name }) else { return nil }
      self = match
    }
  }

  /// Whether values can be averaged and cast here: half, bfloat16, float32, float64.
  public var isFloat: Bool {
    switch self {
    case .half, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// The width of the numbers inside an element, which is what a change of byte order reverses.
  package var byteOrderUnit: Int? {
    switch self {
    case .complex64: 4
    case .complex128: 8
    default: byteCount
    }
  }
}
