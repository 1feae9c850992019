import Bytes
import Glibc
import Optimization

/// Functions to be maximized that other optimizers can compute too.
enum Function: String, CaseIterable {
  /// Branin's (Dixon and Szegő 1978), negated: maximum -0.397887 at three points of [-5, 10] × [0, 15].
  case branin
  /// Hartmann's in six dimensions (Dixon and Szegő 1978), negated: maximum 3.32237 in the unit cube.
  case hartmann6

  func space() throws -> SearchSpace {
    switch self {
    case .branin: try SearchSpace(weights: [], tunables: [.init("x", in: -5...10), .init("y", in: 0...15)])
    case .hartmann6: try SearchSpace(weights: [], tunables: (0..<6).map { .init("x\($0)", in: 0...1) })
    }
  }

  func objective() -> Objective {
    switch self {
    case .branin: Function.braninValue
    case .hartmann6: Function.hartmannValue
    }
  }

  private static let braninValue: Objective = { point in
    let (x, y) = (point[0], point[1])
    let b = 5.1 / (4 * Double.pi * Double.pi)
    let curve = y - b * x * x + 5 / Double.pi * x - 6
    return -(curve * curve + 10 * (1 - 1 / (8 * Double.pi)) * cos(x) + 10)
  }

  private static let hartmannValue: Objective = { point in
    let alpha = [1.0, 1.2, 3.0, 3.2]
    let a: [[Double]] = [
      [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
    ]
    let p: [[Double]] = [
      [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381],
    ]
    var sum = 0.0
    for row in 0..<4 {
      var distance = 0.0
      for column in 0..<6 {
        let difference = point[column] - p[row][column] * 1e-4
        distance += a[row][column] * difference * difference
      }
      sum += alpha[row] * exp(-distance)
    }
    return sum
  }
}
