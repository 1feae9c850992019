import Glibc

@testable import Optimization

/// Branin's function (Dixon and Szegő 1978), negated.
enum Branin {
  static let maximum = -0.397_887_357_729_738
  static var space: SearchSpace {
    get throws { try SearchSpace(weights: [], tunables: [.init("x", in: -5...10), .init("y", in: 0...15)]) }
  }
  static let objective: Objective = { point in
    let (x, y) = (point[0], point[1])
    let curve = y - 5.1 / (4 * Double.pi * Double.pi) * x * x + 5 / Double.pi * x - 6
    return -(curve * curve + 10 * (1 - 1 / (8 * Double.pi)) * cos(x) + 10)
  }
}

/// A paraboloid on the simplex of four weights and one tunable, whose top is known.
enum Hill {
  static let weights = [0.5, 0.3, 0.2, 0]
  static let tunable = 3.0
  static var space: SearchSpace {
    get throws { try SearchSpace(weights: ["a", "b", "c", "d"], tunables: [.init("w0", in: 0...10)]) }
  }
  static let objective: Objective = { point in
    let offsets = zip(point, weights).map { $0 - $1 }
    return 1 - offsets.reduce(0) { $0 + $1 * $1 } - 0.01 * (point[4] - tunable) * (point[4] - tunable)
  }
}
