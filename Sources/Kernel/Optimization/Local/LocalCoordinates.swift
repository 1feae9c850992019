/// Coordinates around a point that can be varied freely within a box, for searches that know nothing of a simplex.
///
/// The weights on the simplex become the ratios of all but the largest to that one, so that no direction leaves the
/// weights as they are; the other unit coordinates stay.
struct LocalCoordinates {
  private let space: SearchSpace
  /// Which weight the others are compared with; `nil` without a simplex.
  private let reference: Int?

  /// A weight may become this many times the reference.
  private static let ratioLimit = 8.0

  init(_ space: SearchSpace, around unit: [Double]) {
    self.space = space
    reference = unit[..<space.simplexCount].indices.max { unit[$0] < unit[$1] }
  }

  /// The coordinates of a point in unit coordinates.
  func local(_ unit: [Double]) -> [Double] {
    guard let reference else { return unit }
    var local = unit
    for index in 0..<space.simplexCount { local[index] /= unit[reference] }
    local.remove(at: reference)
    return local
  }

  /// The unit coordinates of a point.
  func unit(_ local: [Double]) -> [Double] {
    guard let reference else { return space.normalized(local) }
    var unit = local
    unit.insert(1, at: reference)
    return space.normalized(unit)
  }

  var count: Int { space.dimension - (reference == nil ? 0 : 1) }

  var lower: [Double] { [Double](repeating: 0, count: count) }

  var upper: [Double] {
    let ratios = max(0, space.simplexCount - 1)
    return (0..<count).map { $0 < ratios ? LocalCoordinates.ratioLimit : 1 }
  }
}
