import Tensors

/// A tensor of a graph that is being built: where it comes from, and what is known of it.
public struct GraphTensor: Hashable, Sendable {
  public let endpoint: Endpoint
  public let dtype: DType
  /// The extents, outermost first, -1 for one that only a run tells.
  public let dimensions: [Int]

  package init(_ endpoint: Endpoint, _ dtype: DType, _ dimensions: [Int]) {
    self.endpoint = endpoint
    self.dtype = dtype
    self.dimensions = dimensions
  }

  public var rank: Int { dimensions.count }
  public var shape: PartialShape { PartialShape(dimensions) }

  /// The last extent, -1 when it is unknown or there is none.
  package var width: Int { dimensions.last ?? -1 }
}

extension GraphTensor: CustomStringConvertible {
  /// `tower/MatMul: float32 [?,256]`
  public var description: String { "\(endpoint): \(dtype.name) \(shape)" }
}
