import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// Differences against numpy's.
@Suite struct DifferenceTests {
  private static let first = fixture("boliu/average/model.ckpt-10")
  private static let second = fixture("boliu/average/model.ckpt-20")

  /// `numpy.isclose` over all tensors: 61 of 70 have an element that is not.
  @Test func numpyAgrees() throws {
    let difference = try CheckpointDifference(
      from: Bundle(prefix: Self.first), to: Bundle(prefix: Self.second),
      tolerance: Tolerance(absolute: 1e-5, relative: 1e-3))
    #expect(difference.changed.count == 61)
    #expect(difference.equalCount == 9)
    #expect(difference.added.isEmpty && difference.removed.isEmpty)
  }

  @Test func numpyAgreesOnOneTensor() throws {
    let name: TensorName = "tower/gates/weights/Adam"
    let difference = try CheckpointDifference(
      from: Bundle(prefix: Self.first), to: Bundle(prefix: Self.second),
      tolerance: Tolerance(absolute: 1e-4, relative: 1e-2), includes: { $0 == name })
    let values = try #require(difference.changed.first?.values)
    #expect(values.differingCount == 2003)
    #expect(values.maxAbsolute == 0.025499101728200912)
    #expect(values.maxRelative == 1.9979590544976646)
    #expect(abs(try #require(values.cosine) - 0.5313723872735902) < 1e-14)
  }

  @Test func slicesAndShardsMakeNoDifference() throws {
    let single = try Bundle(prefix: fixture("tf1/part_single-5"))
    let sharded = try Bundle(prefix: fixture("tf1/part_sharded-5"))
    let difference = try CheckpointDifference(from: single, to: sharded)
    #expect(difference.isEmpty)
    #expect(difference.equalCount == 6)
  }

  @Test func addedAndRemovedAreToldApart() throws {
    let a = ListedTensors([tensor("a", [1]), tensor("b", [2]), tensor("d", [3])])
    let b = ListedTensors([tensor("b", [2]), tensor("c", [4]), tensor("e", [5])])
    let difference = try CheckpointDifference(from: a, to: b)
    #expect(difference.removed.map(\.name) == ["a", "d"])
    #expect(difference.added.map(\.name) == ["c", "e"])
    #expect(difference.equalCount == 1)
    #expect(!difference.isEmpty)
  }

  @Test func theToleranceIsThatOfAllclose() throws {
    // |a − b| = 0.1 for 1 against 1.1: within 0.1 · 1.1, not within 0.09 · 1.1.
    #expect(try values([1], [1.1], Tolerance(absolute: 0, relative: 0.1)) == nil)
    #expect(try values([1], [1.1], Tolerance(absolute: 0, relative: 0.09))?.differingCount == 1)
    #expect(try values([1], [1.1], Tolerance(absolute: 0.11, relative: 0)) == nil)
  }

  @Test func valuesThatAreNotFiniteEqualTheirLike() throws {
    #expect(try values([.nan, .infinity], [-.nan, .infinity]) == nil)
    #expect(try values([0.0], [-0.0]) == nil)
    let differing = try #require(try values([.nan, .infinity, 1], [1, -.infinity, 1]))
    #expect(differing.differingCount == 2)
    #expect(differing.maxAbsolute == .infinity)
  }

  /// float64 cannot tell 2⁵³ from 2⁵³ + 1.
  @Test func largeIntegersAreComparedExactly() throws {
    func integers(_ values: [Int64]) -> ListedTensors {
      let bytes = values.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
      return ListedTensors([(name: "n", dtype: .int64, shape: [values.count], bytes: bytes)])
    }
    let difference = try CheckpointDifference(
      from: integers([1 << 53, 5]), to: integers([1 << 53 + 1, 5]), tolerance: Tolerance(absolute: 10, relative: 1))
    #expect(difference.changed.first?.values?.differingCount == 1)
  }

  @Test func stringsAreComparedOneByOne() throws {
    func strings(_ values: [String]) -> ListedTensors {
      let bytes = StringTensor.encode(values.map { Array($0.utf8) })
      return ListedTensors([(name: "s", dtype: .string, shape: [values.count], bytes: bytes)])
    }
    let difference = try CheckpointDifference(from: strings(["a", "bc", "d"]), to: strings(["a", "b", "x"]))
    let values = try #require(difference.changed.first?.values)
    #expect(values.differingCount == 2)
    #expect(values.maxAbsolute == nil)
  }

  @Test func anotherTypeIsAChangeWhoseValuesAreCompared() throws {
    let a = ListedTensors([tensor("x", [1, 2, 3])])
    let b = ListedTensors([(name: "x", dtype: .float64, shape: [3], bytes: encode([1, 2, 3.5], .float64))])
    let change = try #require(try CheckpointDifference(from: a, to: b).changed.first)
    #expect(change.values?.differingCount == 1)
    #expect(change.values?.maxAbsolute == 0.5)
    let reshaped = ListedTensors([(name: "x", dtype: .float32, shape: [3, 1], bytes: encode([1, 2, 3], .float32))])
    #expect(try CheckpointDifference(from: a, to: reshaped).changed.first?.values == nil)
  }

  @Test func threadsMakeNoDifference() throws {
    let shape = [2_500_001]
    let a = ListedTensors([("x", .float32, shape, noise(shape[0], scale: 1))])
    let b = ListedTensors([("x", .float32, shape, noise(shape[0], scale: 1.001))])
    let results = try [1, 2, 5].map { try CheckpointDifference(from: a, to: b, workers: Workers($0)) }
    #expect(results[0].changed.count == 1)
    #expect(results[1] == results[0] && results[2] == results[0])
  }

  private func values(_ a: [Double], _ b: [Double], _ tolerance: Tolerance = .exact) throws -> ValueDifference? {
    // Among enough others to go through whole vectors as well as the rest.
    let filler = [Double](repeating: 0.5, count: 21)
    let difference = try CheckpointDifference(
      from: ListedTensors([tensor("x", a + filler)]), to: ListedTensors([tensor("x", b + filler)]),
      tolerance: tolerance)
    return difference.changed.first?.values
  }

  private func tensor(_ name: TensorName, _ values: [Double]) -> (TensorName, DType, [Int], [UInt8]) {
    (name, .float32, [values.count], encode(values, .float32))
  }
}
