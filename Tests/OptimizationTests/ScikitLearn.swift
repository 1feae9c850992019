import Foundation
import TestSupport

@testable import Optimization

/// What scikit-learn found, from `optimization/gaussian_process.json`.
struct ScikitLearn: Decodable {
  struct Case: Decodable {
    let variance: Double
    let lengthScales: [Double]
    let noise: Double
    let likelihood: Double
    let gradient: [Double]
    let mean: [Double]
    let deviation: [Double]

    var hyperparameters: Hyperparameters {
      Hyperparameters(variance: variance, lengthScales: lengthScales, noise: noise)
    }
  }

  struct Fit: Decodable {
    let variance: Double
    let lengthScales: [Double]
    let noise: Double
    let likelihood: Double
  }

  struct Improvement: Decodable {
    let gain: [Double]
    let deviation: [Double]
    let logarithm: [Double]
  }

  let points: [[Double]]
  let values: [Double]
  let queries: [[Double]]
  let cases: [Case]
  let fit: Fit
  let improvement: Improvement

  static func load() throws -> ScikitLearn {
    let bytes = fixtureBytes("optimization/gaussian_process.json")
    return try JSONDecoder().decode(ScikitLearn.self, from: Data(bytes))
  }

  /// The values with mean 0 and standard deviation 1.
  var standardised: [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return values.map { ($0 - mean) / (squares / Double(values.count)).squareRoot() }
  }
}

/// Whether two lists are equal but for `tolerance`, relative above 1 and absolute below.
func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
