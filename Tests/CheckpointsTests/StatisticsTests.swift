import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// Statistics against numpy's, and where numpy would lose digits.
@Suite struct StatisticsTests {
  /// `x.astype(float64)`, then min, max, mean, std, numpy.linalg.norm.
  @Test(arguments: [
    (
      "tower/video_VLAD/cluster_bn/gamma/Adam",
      [
        -0.0012128809466958046, 0.002450136933475733, 0.0009646178223192692, 0.0014097250605003926,
        0.0034163209974115752,
      ]
    ),
    (
      "tower/gates/weights/Adam",
      [
        -0.025956064462661743, 0.016392916440963745, -1.3004452099536408e-09, 0.002763392263938435,
        0.12843086660727784,
      ]
    ),
  ])
  func numpyAgrees(_ name: String, _ expected: [Double]) throws {
    let source = try Bundle(prefix: fixture("boliu/average/model.ckpt-10"))
    let statistics = try #require(try source.statistics(of: [source.requiredIndex(of: TensorName(name))]).first)
    let found = [
      statistics.minimum, statistics.maximum, statistics.mean, statistics.deviation, statistics.norm,
    ]
    for (found, expected) in zip(found, expected) {
      // The mean of the second cancels to a millionth of its terms.
      #expect(abs(try #require(found) - expected) <= 1e-13 * abs(expected) + 1e-18)
    }
  }

  @Test func whatIsNotFiniteIsCountedAndLeftOut() throws {
    let statistics = try one([1, .nan, -3, .infinity, 0, -.infinity, -0.0, .nan, .nan, 2], .float32)
    #expect(statistics.nanCount == 3)
    #expect(statistics.infinityCount == 2)
    #expect(statistics.finiteCount == 5)
    #expect(statistics.zeroCount == 2)
    #expect(statistics.minimum == -3)
    #expect(statistics.maximum == 2)
    #expect(statistics.mean == 0)
    #expect(statistics.norm == 14.0.squareRoot())
    #expect(!statistics.isFinite)
  }

  @Test func nothingFiniteHasNoStatistics() throws {
    #expect(try one([.nan], .float32).mean == nil)
    #expect(try one([], .float32).minimum == nil)
    #expect(try one([], .float32).isFinite)
  }

  /// The textbook formula, mean of squares minus square of the mean, gives 0 or worse here.
  @Test func aLargeMeanDoesNotHideTheDeviation() throws {
    let values = (0..<100_000).map { 1e9 + Double($0 % 2) }
    let statistics = try one(values, .float64)
    #expect(statistics.mean == 1e9 + 0.5)
    #expect(statistics.deviation == 0.5)
  }

  @Test func theEndsOfTheRangeDoNotOverflowTheMean() throws {
    let statistics = try one([Double](repeating: .greatestFiniteMagnitude, count: 4000), .float64)
    #expect(statistics.nanCount == 0 && statistics.infinityCount == 0)
    #expect(try #require(statistics.mean) / .greatestFiniteMagnitude > 0.999_999_999)
    #expect(statistics.maximum == .greatestFiniteMagnitude)
  }

  @Test func complexNumbersCountByMagnitude() throws {
    let statistics = try #require(
      try ListedTensors([(name: "c", dtype: .complex64, shape: [2], bytes: encode([3, 4, 0, 0], .float32))])
        .statistics(of: [0]).first)
    #expect(statistics.maximum == 5)
    #expect(statistics.minimum == 0)
    #expect(statistics.zeroCount == 1)
  }

  /// TensorFlow stores −8 as the byte 08.
  @Test func fourBitIntegersHaveASign() throws {
    let source = try Bundle(prefix: fixture("tf2/dtypes"))
    let statistics = try #require(try source.statistics(of: [source.requiredIndex(of: "int4")]).first)
    #expect(statistics.minimum == -8)
    #expect(statistics.maximum == 7)
  }

  @Test func threadsMakeNoDifference() throws {
    let bytes = noise(3_000_001, scale: 1)
    let source = ListedTensors(
      (0..<40).map { (TensorName("small\($0)"), .float32, [9], Array(bytes[..<36])) }
        + [("large", .float32, [3_000_001], bytes)])
    let all = Array(source.tensors.indices)
    let one = try source.statistics(of: all, workers: Workers(1))
    #expect(try source.statistics(of: all, workers: Workers(2)) == one)
    #expect(try source.statistics(of: all, workers: Workers(7)) == one)
    #expect(one.map(\.info.name) == source.tensors.map(\.name))
  }

  @Test func damageIsAnError() throws {
    let folder = try copyOfBundle("boliu/average/model.ckpt-10") { $0[300] ^= 1 }
    let source = try Bundle(prefix: folder("copy"))
    let error = withExtendedLifetime(folder) {
      #expect(throws: KernelError.self) { try source.statistics(of: Array(source.tensors.indices)) }
    }
    #expect(error?.kind == .badData)
  }

  private func one(_ values: [Double], _ dtype: DType) throws -> TensorStatistics {
    let source = ListedTensors([(name: "x", dtype: dtype, shape: [values.count], bytes: encode(values, dtype))])
    return try #require(try source.statistics(of: [0]).first)
  }
}

/// `values` as float32 or float64.
func encode(_ values: [Double], _ dtype: DType) -> [UInt8] {
  dtype == .float32
    ? values.map { Float($0) }.withUnsafeBytes { Array($0) } : values.withUnsafeBytes { Array($0) }
}

/// Float32 numbers that look random, between -`scale` and `scale`.
func noise(_ count: Int, scale: Float) -> [UInt8] {
  [Float](unsafeUninitializedCapacity: count) { numbers, made in
    // Knuth's multiplicative hash, cheap enough for millions in a debug build.
    for index in 0..<count {
      numbers[index] = Float(Int32(truncatingIfNeeded: index &* 2_654_435_761)) * (scale / 0x1p31)
    }
    made = count
  }.withUnsafeBytes { Array($0) }
}
