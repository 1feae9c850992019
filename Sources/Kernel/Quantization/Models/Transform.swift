import Bytes
import Checkpoints

/// How a tensor is stored in place of float32.
package enum Transform: Hashable, Sendable {
  /// As it was.
  case float32
  case float16
  /// Codes of that many bits, 2 to 8, and a codebook; the method is `nil` where files do not tell.
  case codes(CodebookMethod?, bits: Int)

  /// The name that the first-placed solution of 2018 gives it.
  package var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .codes(.uniform, _): "quant_uniform"
    case .codes(.kMeans, _): "quant_kmeans"
    case .codes(.quantile, _): "quant_quantile"
    case .codes(nil, _): "codes"
    }
  }

  /// Bits that an element takes.
  package var bits: Int {
    switch self {
    case .float32: 32
    case .float16: 16
    case .codes(_, let bits): bits
    }
  }
}

/// What became of one tensor.
package struct TensorOutcome: Sendable {
  package let name: String
  package let transform: Transform
  package let elementCount: Int
  /// Bytes that it takes now, with its codebook.
  package let byteCount: Int
  package let errors: ErrorSums
  /// The sum of squared errors is at most this many times the least possible; `nil` unless by k-means.
  package let bound: Double?
}
