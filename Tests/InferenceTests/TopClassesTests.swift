import Inference
import Testing

struct TopClassesTests {
  private func best(_ limit: Int, _ row: [Float]) -> [Int32] {
    var best = TopClasses()
    row.withUnsafeBufferPointer { best.select(limit, of: $0) }
    #expect(best.scores == best.labels.map { row[Int($0)] })
    return best.labels
  }

  @Test func takesTheLargestAndOfEqualOnesTheSmallerClass() {
    #expect(best(3, [0.5, 0.9, 0.5, 0.1, 0.9]) == [1, 4, 0])
    #expect(best(2, [0.5, 0.5, 0.5]) == [0, 1])
    #expect(best(9, [-1, 0, -0.0, 2]) == [3, 1, 2, 0])
    #expect(best(0, [1]) == [])
    #expect(best(3, []) == [])
  }

  @Test(arguments: [1, 2, 20, 99, 100, 500])
  func agreesWithSorting(limit: Int) {
    var state: UInt64 = 7
    let row = (0..<500).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Few distinct values, so that many are equal.
      return Float(state >> 58) / 64 - 0.5
    }
    let expected = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(limit).map { Int32($0) }
    #expect(best(limit, row) == expected)
  }
}
