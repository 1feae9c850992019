import Bytes
import Testing

/// Against numpy 2.4's `RandomState`.
@Suite struct MersenneTwisterTests {
  static let known: [(UInt32, [UInt32])] = [
    (0, [6, 2, 1, 7, 3, 0, 5, 4]), (11, [7, 8, 2, 6, 4, 5, 1, 3, 0, 9]), (.max, [4, 1, 0, 2, 3]), (3, [0]), (3, []),
  ]

  @Test(arguments: known)
  func permutesAsNumpy(_ seed: UInt32, _ expected: [UInt32]) {
    var random = MersenneTwister(seed: seed)
    #expect(random.permutation(UInt32(expected.count)) == expected)
  }

  @Test func permutesManyAsNumpy() throws {
    var random = MersenneTwister(seed: 7)
    var bytes: [UInt8] = []
    for number in random.permutation(100_000) { bytes.append(fixed32: number) }
    let hash = try SHA256()
    try hash.update(bytes)
    #expect(SHA256.text(try hash.finish()) == "98c8dfa819be502e1d525d13121e3ce18a8f457aeb8b48d3d2986cf4888bcd4c")
  }

  @Test func drawsUniformNumbersAsNumpy() {
    var random = MersenneTwister(seed: 7)
    let drawn = (0..<3).map { _ in random.uniform() }
    #expect(drawn == [0x1.388f0a7465c98p-4, 0x1.8f5184146a0a7p-1, 0x1.c0ee597d36686p-2])
  }

  @Test func theOnlyNumberUpToZeroIsZero() {
    var random = MersenneTwister(seed: 1)
    #expect(random.upTo(0) == 0)
  }
}
