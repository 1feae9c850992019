/// Points of a space, each dimension's coordinates side by side, so that distances to all of them are computed with
/// vector instructions.
///
/// Memory: 8 bytes a coordinate, up to twice that while it grows.
struct PointTable {
  let dimension: Int
  private(set) var count = 0
  private var capacity = 0
  private var coordinates: [Double] = []

  init(dimension: Int) { self.dimension = dimension }

  /// Adds a point of `dimension` coordinates.
  mutating func append(_ point: [Double]) {
    precondition(point.count == dimension, "a point of another space")
    if count == capacity { grow(to: max(32, 2 * capacity)) }
    for index in 0..<dimension { coordinates[index * capacity + count] = point[index] }
    count += 1
  }

  /// Drops the points from the `count`-th on.
  mutating func truncate(to count: Int) { self.count = min(count, self.count) }

  private mutating func grow(to larger: Int) {
    var moved = [Double](repeating: 0, count: larger * dimension)
    for index in 0..<dimension {
      for row in 0..<count { moved[index * larger + row] = coordinates[index * capacity + row] }
    }
    coordinates = moved
    capacity = larger
  }

  subscript(row: Int) -> [Double] { (0..<dimension).map { coordinates[$0 * capacity + row] } }

  /// Writes the squared distances of `point` to the first `rows` points, each dimension divided by its length scale.
  func squaredDistances(
    to point: [Double], scales: [Double], rows: Int, into distances: UnsafeMutablePointer<Double>
  ) {
    coordinates.withUnsafeBufferPointer { coordinates in
      guard let base = coordinates.baseAddress else { return }
      for row in 0..<rows { distances[row] = 0 }
      for index in 0..<dimension {
        let column = base + index * capacity
        let center = point[index]
        let factor = 1 / scales[index]
        for row in 0..<rows {
          let difference = (column[row] - center) * factor
          distances[row] += difference * difference
        }
      }
    }
  }

  /// Adds `weight[row] · ((x - point) / scale)²` over the first `rows` points, for one dimension.
  func weightedSquares(
    _ index: Int, to point: [Double], scale: Double, rows: Int, weights: UnsafePointer<Double>
  ) -> Double {
    coordinates.withUnsafeBufferPointer { coordinates in
      guard let base = coordinates.baseAddress else { return 0 }
      let column = base + index * capacity
      let center = point[index]
      var sums = SIMD8<Double>.zero
      var row = 0
      while row + 8 <= rows {
        var values = SIMD8<Double>.zero
        var factors = SIMD8<Double>.zero
        for lane in 0..<8 {
          values[lane] = column[row + lane]
          factors[lane] = weights[row + lane]
        }
        let differences = values - center
        sums += factors * differences * differences
        row += 8
      }
      var sum = sums.sum()
      while row < rows {
        let difference = column[row] - center
        sum += weights[row] * difference * difference
        row += 1
      }
      return sum / (scale * scale)
    }
  }
}
