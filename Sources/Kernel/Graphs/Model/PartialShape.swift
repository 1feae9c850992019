import Tensors

/// What a graph knows of a tensor's shape: perhaps not all extents, perhaps not even how many there are.
public struct PartialShape: Hashable, Sendable {
  /// The extents, outermost first, -1 for an unknown one; `nil` when even their number is unknown.
  public var dimensions: [Int]?

  public init(_ dimensions: [Int]?) { self.dimensions = dimensions }
  public init(_ shape: Shape) { dimensions = shape.dimensions }

  public static let unknown = PartialShape(nil)
  public static let scalar = PartialShape([])

  /// The shape when all of it is known and has a number of elements that can be counted.
  public var shape: Shape? { dimensions.flatMap(Shape.init) }

  /// Whether some tensor can have both shapes.
  public func isCompatible(with other: PartialShape) -> Bool {
    guard let mine = dimensions, let others = other.dimensions else { return true }
    return mine.count == others.count && zip(mine, others).allSatisfy { $0 == $1 || $0 < 0 || $1 < 0 }
  }
}

extension PartialShape: CustomStringConvertible {
  /// `[?,300,1152]`; `?` when the number of dimensions is unknown.
  public var description: String {
    guard let dimensions else { return "?" }
    return "[" + dimensions.map { $0 < 0 ? "?" : "\($0)" }.joined(separator: ",") + "]"
  }
}
