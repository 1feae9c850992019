import TestSupport
import Testing

@testable import Predictions

@Suite struct AveragePrecisionTests {
  private func precision(_ scores: [Float], _ hits: [Bool], _ positives: Int) -> Double {
    var workspace = AveragePrecision(capacity: 4)
    return scores.withUnsafeBufferPointer { scores in
      hits.withUnsafeBufferPointer { workspace(scores, $0, positiveCount: positives) }
    }
  }

  @Test func smallLists() {
    #expect(precision([], [], 3) == 0)
    #expect(precision([0.5], [true], 0) == 0)
    #expect(precision([0.5], [true], 1) == 1)
    #expect(precision([0.5, 0.7], [true, false], 1) == 0.5)
    #expect(precision([0.5, 0.5], [true, false], 1) == 1)
    #expect(precision([0.5, 0.5], [false, true], 1) == 0.5)
    #expect(precision([0, -0.0, 0], [false, true, false], 1) == 0.5)
    #expect(
      precision([-1, -2, 3, -0.0, 0], [true, true, true, true, false], 4) == (1 + 1 + 3.0 / 4 + 4.0 / 5) / 4)
  }

  @Test func manyScoresComeOutAsByDefinition() {
    var random = SplitMix(seed: 8)
    for trial in 0..<60 {
      let count = Int.random(in: 1...3000, using: &random)
      let least: Float = trial % 2 == 0 ? 0 : -1
      let scores = (0..<count).map { _ in
        let score = Float.random(in: least...1, using: &random)
        return trial % 3 == 0 ? (score * 16).rounded() / 16 : score
      }
      let hits = (0..<count).map { _ in Int.random(in: 0..<4, using: &random) == 0 }
      let order = scores.indices.sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1) }
      var hitCount = 0
      var expected = 0.0
      for (rank, index) in order.enumerated() where hits[index] {
        hitCount += 1
        expected += Double(hitCount) / Double(rank + 1) / 1000
      }
      #expect(abs(precision(scores, hits, 1000) - expected) < 1e-12)
    }
  }
}
