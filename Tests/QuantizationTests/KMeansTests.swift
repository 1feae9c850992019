import Bytes
import Checkpoints
import Foundation
import Quantization
import Testing

/// k-means against brute force and against published numbers.
@Suite struct KMeansTests {
  private static let workers = Workers(2)

  private func made(
    _ values: [Float], bits: Int, weighting: ErrorWeighting = .even, isExact: Bool = false
  ) throws -> (levels: [Double], bound: Double, errors: ErrorSums) {
    let tensor = try WeightTensor(Memory.tensor(values), KMeansTests.workers)
    let maker = try CodebookMaker(tensor, weighting: weighting, isExact: isExact, KMeansTests.workers)
    let made = try maker.make(.kMeans, bits: bits)
    let errors = try CodeMaker(tensor, made.codebook, tally: nil).errors(KMeansTests.workers)
    return (made.codebook.levels, try #require(made.bound), errors)
  }

  private func gaussian(_ count: Int, seed: UInt64) -> [Float] {
    var random = Random(seed)
    return (0..<count).map { _ in
      Float(sqrt(-2 * log(1 - random.uniform())) * cos(2 * Double.pi * random.uniform()))
    }
  }

  /// The least sum of weighted squared errors of `count` clusters, by trying each start of each last cluster.
  private func leastCost(_ values: [Float], _ weights: [Double], _ count: Int) -> Double {
    let order = values.indices.sorted { values[$0] < values[$1] }
    let x = order.map { Double(values[$0]) }
    let w = order.map { weights[$0] }
    func cost(_ start: Int, _ end: Int) -> Double {
      let total = w[start..<end].reduce(0, +)
      guard total > 0 else { return 0 }
      let mean = zip(x[start..<end], w[start..<end]).reduce(0) { $0 + $1.0 * $1.1 } / total
      return zip(x[start..<end], w[start..<end]).reduce(0) { $0 + $1.1 * ($1.0 - mean) * ($1.0 - mean) }
    }
    var best = (0...x.count).map { $0 == 0 ? 0 : Double.infinity }
    for _ in 0..<count {
      let before = best
      for end in 0...x.count { best[end] = (0...end).map { before[$0] + cost($0, end) }.min() ?? 0 }
    }
    return best[x.count]
  }

  @Test(arguments: 1...12) func smallDataAsByBruteForce(seed: Int) throws {
    var random = Random(UInt64(seed))
    let count = 5 + Int(random.uniform() * 60)
    // Every third time many numbers are equal.
    let values = (0..<count).map { _ in
      seed % 3 == 0 ? Float(Int(random.uniform() * 12)) : Float(pow(random.uniform(), 4) * 100 - 20)
    }
    for bits in 2...3 {
      let least = leastCost(values, values.map { _ in 1 }, 1 << bits)
      let found = try made(values, bits: bits)
      #expect(abs(found.errors.squares - least) <= 1e-6 * least + 1e-9, "\(count) values, \(bits) bits")
      #expect(found.bound <= 1 + 1e-6)
      #expect(found.levels.count == 1 << bits && found.levels == found.levels.sorted())
    }
  }

  @Test func weightedDataAsByBruteForce() throws {
    var random = Random(5)
    let values = (0..<50).map { _ in Float(random.uniform()) }
    let weights = (0..<50).map { $0 % 7 == 0 ? 0 : Float(random.uniform() * 3) }
    let found = try made(values, bits: 2, weighting: .given(Memory(["x": weights])))
    let cost = zip(values, weights).reduce(0) { sum, item in
      let nearest = found.levels.map { abs($0 - Double(item.0)) }.min() ?? 0
      return sum + Double(item.1) * nearest * nearest
    }
    let least = leastCost(values, weights.map { Double($0) }, 4)
    #expect(abs(cost - least) <= 1e-6 * least)
  }

  @Test func weightsCountInHistogramsToo() throws {
    let values = gaussian(140_000, seed: 4)
    // Weights that take the left half out: the best levels are those of the right half.
    let weights = values.map { $0 < 0 ? 0 : Float(2) }
    let found = try made(values, bits: 3, weighting: .given(Memory(["x": weights])))
    let right = try made(values.filter { $0 >= 0 }, bits: 3)
    for (a, b) in zip(found.levels, right.levels) { #expect(abs(a - b) < 0.002) }
    #expect(found.bound < 1.0001)
  }

  /// Mean squared errors of the best quantizers of a normal distribution: J. Max, "Quantizing for minimum distortion",
  /// 1960, table I.
  @Test(arguments: zip(2...5, [0.1175, 0.03454, 0.009497, 0.002499]))
  func normalDataAsPublished(bits: Int, expected: Double) throws {
    let found = try made(gaussian(150_000, seed: 3), bits: bits)
    #expect(abs(found.errors.mean / expected - 1) < 0.02)
    #expect(found.bound < 1.0001)
  }

  @Test func histogramIsAsGoodAsItSays() throws {
    // Many near zero, a few far out, as weights are.
    let values = gaussian(140_000, seed: 9).enumerated().map { $0 % 5000 == 0 ? $1 * 300 : $1 * 0.05 }
    for bits in [4, 8] {
      let quick = try made(values, bits: bits)
      let exact = try made(values, bits: bits, isExact: true)
      #expect(exact.bound <= 1 + 1e-6)
      #expect(quick.errors.squares <= 1.0001 * exact.errors.squares)
      // What is proved is true: the optimum is no smaller than the bound says.
      #expect(quick.errors.squares <= quick.bound * exact.errors.squares * (1 + 1e-7))
      #expect(quick.bound < 1.0005)
    }
  }

  @Test func densityWeightingMovesLevelsInwards() throws {
    let values = gaussian(20_000, seed: 1)
    let even = try made(values, bits: 6)
    let dense = try made(values, bits: 6, weighting: .rootDensity)
    func inside(_ levels: [Double]) -> Int { levels.count { abs($0) < 1 } }
    // Levels as dense as the square root of the density lie in a normal distribution of √2 times the deviation, those as
    // dense as its cube root in one of √3 times: 52 and 44 per cent of them within one deviation.
    #expect(abs(inside(even.levels) - 28) <= 2)
    #expect(abs(inside(dense.levels) - 33) <= 2)
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let values = gaussian(1 << 18, seed: 2)
    let books = try [1, 2, 5].map { count in
      let workers = Workers(count)
      let tensor = try WeightTensor(Memory.tensor(values), workers)
      let maker = try CodebookMaker(tensor, workers)
      return try CodebookMethod.allCases.map { try maker.make($0, bits: 4).codebook }
    }
    #expect(books[0] == books[1] && books[1] == books[2])
  }

  @Test func fewValuesAreKeptExactly() throws {
    for values in [[Float](repeating: 0.1, count: 70), [0.5, -3, 0.5, 1e-30, 7], [-0.0, 0.0, 1]] {
      let found = try made(values, bits: 4)
      #expect(found.errors.squares == 0)
      #expect(found.bound == 1)
      #expect(Set(found.levels) == Set(values.map { Double($0) }))
    }
    // Too many of them for the sorted numbers: by the histogram.
    let many = (0..<140_000).map { Float($0 % 11) * 0.3 }
    #expect(try made(many, bits: 4).errors.squares == 0)
  }
}
