import Bytes
import Glibc
import Optimization

/// Functions to be maximized that other optimizers can compute too.
enum Function: String, CaseIterable {
  /// Branin's (Dixon and Szegő 1978), negated: maximum -0.397887 at three points of [-5, 10] × [0, 15].
  case branin
  /// Hartmann's in six dimensions (Dixon and Szegő 1978), negated: maximum 3.32237 in the unit cube.
  case hartmann6
  /// Average precision of a weighted mean of five made-up models.
  case ensemble
  /// The same with three, and with nine models.
  case ensemble3, ensemble9

  func space() throws -> SearchSpace {
    switch self {
    case .branin: try SearchSpace(weights: [], tunables: [.init("x", in: -5...10), .init("y", in: 0...15)])
    case .hartmann6: try SearchSpace(weights: [], tunables: (0..<6).map { .init("x\($0)", in: 0...1) })
    case .ensemble: try SearchSpace(weights: (0..<5).map { "w\($0)" })
    case .ensemble3: try SearchSpace(weights: (0..<3).map { "w\($0)" })
    case .ensemble9: try SearchSpace(weights: (0..<9).map { "w\($0)" })
    }
  }

  func objective() -> Objective {
    switch self {
    case .branin: Function.braninValue
    case .hartmann6: Function.hartmannValue
    case .ensemble: Ensemble(models: 5, pairs: 2000, seed: 4).averagePrecision
    case .ensemble3: Ensemble(models: 3, pairs: 2000, seed: 4).averagePrecision
    case .ensemble9: Ensemble(models: 9, pairs: 2000, seed: 4).averagePrecision
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

/// Predictions of made-up models for pairs of a video and a label, a fifth of which are true, drawn so that numpy's
/// `RandomState` can draw the same.
///
/// A pair's logit is the truth times the model's skill, plus noise that all share, plus noise that every second model
/// shares, plus noise of its own.
struct Ensemble: Sendable {
  private let truth: [Bool]
  private let predictions: [[Double]]

  init(models: Int, pairs: Int, seed: UInt32) {
    var random = MersenneTwister(seed: seed)
    var truth: [Bool] = []
    var predictions = [[Double]](repeating: [], count: models)
    for _ in 0..<pairs {
      let isTrue = random.uniform() < 0.2
      let common = random.uniform() - 0.5
      let shared = [random.uniform() - 0.5, random.uniform() - 0.5]
      for model in 0..<models {
        let own = random.uniform() + random.uniform() - 1
        let skill = 1 + 0.12 * Double(model)
        let noise = 2 * common + shared[model % 2] + (2 + 0.3 * Double(model)) * own
        predictions[model].append(1 / (1 + exp(2 - (isTrue ? 2 * skill : 0) - noise)))
      }
      truth.append(isTrue)
    }
    self.truth = truth
    self.predictions = predictions
  }

  @Sendable func averagePrecision(_ weights: [Double]) -> Double {
    let scores = truth.indices.map { pair in
      var sum = 0.0
      for (model, weight) in weights.enumerated() { sum += weight * predictions[model][pair] }
      return sum
    }
    var (hits, sum) = (0.0, 0.0)
    for (rank, pair) in scores.indices.sorted(by: { scores[$0] > scores[$1] }).enumerated() where truth[pair] {
      hits += 1
      sum += hits / Double(rank + 1)
    }
    return sum / hits
  }
}
