/// The extents of a tensor, outermost first; a scalar has none.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  public let dimensions: [Int]
  /// The product of the dimensions (1 for a scalar).
  public let elementCount: Int

  /// `nil` when a dimension is negative or the number of elements overflows.
  public init?(_ dimensions: [Int]) {
    var count = 1
    // A zero anywhere makes the tensor empty, however large the other dimensions are.
    if dimensions.contains(0) {
      guard dimensions.allSatisfy({ $0 >= 0 }) else { return nil }
      count = 0
    } else {
      for dimension in dimensions {
        let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
        guard dimension >= 0, !overflow else { return nil }
        count = product
      }
    }
    self.dimensions = dimensions
    elementCount = count
  }

  public static let scalar = Shape([])!

  public var rank: Int { dimensions.count }

  /// Bytes of a tensor of this shape; `nil` on overflow or for a type without a fixed element size.
  public func byteCount(of dtype: DType) -> Int? {
    guard let size = dtype.byteCount else { return nil }
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: size)
    return overflow ? nil : bytes
  }

  /// `[1024,256]`; `[]` for a scalar.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ",") + "]" }
}
