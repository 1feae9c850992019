import TestSupport
import Testing

@testable import Predictions

@Suite struct RankOrderTests {
  /// Scores that differ in their leading bits, in their last ones, or not at all, against the standard library's
  /// sort.
  @Test func scoresAreOrderedAndEqualOnesKeepTheirOrder() {
    var random = SplitMix(seed: 8)
    var order = RankOrder()
    for count in [0, 1, 2, 17, 3000, 500] {
      for kind in 0..<4 {
        let scores = (0..<count).map { _ -> Double in
          switch kind {
          case 0: .random(in: 0...3, using: &random)
          case 1: 1 + Double(Int.random(in: 0..<50, using: &random)) * .ulpOfOne
          case 2: Double(Int.random(in: 0..<4, using: &random))
          default: Double(bitPattern: .random(in: 0..<Double.infinity.bitPattern, using: &random))
          }
        }
        order.sort(count) { scores[$0] }
        let expected = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        #expect(order.numbers.map { Int($0) } == expected)
      }
    }
  }

  @Test func zerosAreEqual() {
    var order = RankOrder()
    order.sort(3) { [0, -0.0, 0][$0] }
    #expect(Array(order.numbers) == [0, 1, 2])
  }
}
