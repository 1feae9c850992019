import Bytes
import Execution
import Graphs
import Tensors
import Testing

/// Operators of training graphs on what they must refuse, and on what is large enough to be shared among threads.
struct TrainingOperatorsTests {
  private func tensor(_ extents: [Int]) throws -> Tensor {
    let shape = try #require(Shape(extents))
    // A sequence without a pattern that sums could profit from.
    let values = (0..<shape.elementCount).map { Float(($0 &* 7919 &+ 31) % 2003) / 1000 - 1 }
    return try #require(Tensor(values, shape))
  }

  private func run(
    _ op: String, _ inputs: [Tensor], _ attributes: Attributes = [:], outputs: Int = 1, threads: Int = 1
  ) throws -> [Tensor] {
    let names = inputs.indices.map { "in\($0)" }
    var meta = MetaGraph()
    meta.graph = try Graph(
      names.map { Node($0, "Placeholder") }
        + [Node("y", op, of: names.map { Endpoint($0) }, attributes: attributes)])
    let session = try Session(meta, path: "g.meta", workers: Workers(threads))
    let feeds = Dictionary(uniqueKeysWithValues: zip(names.map { Endpoint($0) }, inputs))
    return try session.run((0..<outputs).map { Endpoint("y", $0) }, feeding: feeds)
  }

  private func longs(_ values: [Int64]) throws -> Tensor {
    let shape = try #require(Shape([values.count]))
    return try #require(Tensor(values, shape))
  }

  private func ints(_ values: [Int32]) throws -> Tensor {
    let shape = try #require(Shape([values.count]))
    return try #require(Tensor(values, shape))
  }

  private func steps(_ count: Int64) throws -> Tensor { try #require(Tensor([count], .scalar)) }

  private func scalar(_ value: Int32) throws -> Tensor { try #require(Tensor([value], .scalar)) }

  @Test func shapesThatDoNotFitAreRefused() throws {
    let bad: [(String, [Tensor])] = try [
      ("SigmoidGrad", [tensor([3]), tensor([4])]), ("ReluGrad", [tensor([3]), longs([1, 2, 3])]),
      ("BiasAddGrad", [tensor([3])]),
      ("FusedBatchNorm", [tensor([2, 3]), tensor([3]), tensor([3]), tensor([0]), tensor([0])]),
      ("FusedBatchNormGrad", [[2, 1, 1, 3], [2, 1, 1, 4], [3], [3], [3]].map(tensor)),
      ("FusedBatchNormGradV3", [[2, 1, 1, 3], [2, 1, 1, 3], [3], [2], [3], [0]].map(tensor)),
      ("SoftmaxCrossEntropyWithLogits", [tensor([2, 3]), tensor([2, 4])]),
      ("SparseSoftmaxCrossEntropyWithLogits", [tensor([2, 3]), longs([1, 3])]),
      ("BroadcastGradientArgs", [longs([2, 3]), longs([2, 4])]),
      ("ConcatOffset", [scalar(2), ints([1, 2]), ints([1, 2])]),
      ("ConcatOffset", [scalar(0), ints([1, 2]), ints([1, 3])]),
      ("StridedSliceGrad", [longs([4]), longs([1]), longs([3]), longs([1]), tensor([3])]),
      ("StridedSliceGrad", [longs([.max]), longs([1]), longs([.max]), longs([1]), tensor([3])]),
      ("ScatterNd", [ints([7]), tensor([1]), ints([5])]),
      ("UnsortedSegmentSum", [tensor([2, 3]), longs([0, 5]), scalar(5)]),
      ("MatrixSetDiag", [tensor([2, 3]), tensor([3])]),
      ("Cumsum", [tensor([2, 3]), scalar(2)]),
      ("GRUBlockCell", [[2, 3], [2, 4], [7, 8], [7, 4], [8], [3]].map(tensor)),
      ("LSTMBlockCell", [[2, 3], [2, 4], [2, 4], [8, 16], [4], [4], [4], [16]].map(tensor)),
      (
        "BlockLSTM",
        [steps(3)] + [[2, 2, 3], [2, 4], [2, 4], [7, 16], [4], [4], [4], [16]].map(tensor)
      ),
    ]
    for (op, inputs) in bad {
      let error = #expect(throws: KernelError.self, "\(op)") { try run(op, inputs) }
      #expect(error?.place == .node("y"), "\(op)")
    }
    let far = try [longs([1, .max]), tensor([2, 1])]
    #expect(throws: KernelError.self) { try run("DynamicStitch", far, ["N": .int(1)]) }
    #expect(throws: KernelError.self) { try run("DynamicStitch", [longs([-1]), tensor([1, 1])], ["N": .int(1)]) }
  }

  @Test func checksSayWhatIsWrong() throws {
    let shape = try #require(Shape([3]))
    let values = try #require(Tensor([1, Float.infinity, -3], shape))
    let error = #expect(throws: KernelError.self) {
      try run("CheckNumerics", [values], ["message": .bytes(Array("loss".utf8))])
    }
    #expect(error?.place == .node("y"))
    #expect(error?.problem == "loss: its input float32 [3] has inf in it")
  }

  @Test func resultsDoNotDependOnTheNumberOfThreads() throws {
    let cases: [(String, [[Int]], Int)] = [
      ("FusedBatchNorm", [[2000, 1, 1, 70], [70], [70], [0], [0]], 3),
      ("FusedBatchNormGrad", [[2000, 1, 1, 70], [2000, 1, 1, 70], [70], [70], [70]], 3),
      ("BiasAddGrad", [[3000, 70]], 1), ("SoftmaxCrossEntropyWithLogits", [[300, 700], [300, 700]], 2),
      ("L2Loss", [[100_000]], 1), ("TanhGrad", [[70_000], [70_000]], 1),
      ("GRUBlockCell", [[300, 40], [300, 64], [104, 128], [104, 64], [128], [64]], 4),
      (
        "GRUBlockCellGrad",
        [[300, 40], [300, 64], [104, 128], [104, 64], [128], [64]] + Array(repeating: [300, 64], count: 4), 4
      ),
    ]
    for (op, shapes, outputs) in cases {
      let inputs = try shapes.map(tensor)
      let one = try run(op, inputs, outputs: outputs).map { $0.array(of: Float.self).map(\.bitPattern) }
      let three = try run(op, inputs, outputs: outputs, threads: 3).map {
        $0.array(of: Float.self).map(\.bitPattern)
      }
      #expect(one == three, "\(op)")
    }
    let state = [[300, 32], [300, 32], [52, 128], [32], [32], [32], [128]]
    let inputs = try [steps(18)] + ([[20, 300, 20]] + state).map(tensor)
    let traces = Array(repeating: [20, 300, 32], count: 9)
    for (op, extra, outputs) in [("BlockLSTM", [], 7), ("BlockLSTMGrad", traces, 8)] {
      let all = try inputs + extra.map(tensor)
      let one = try run(op, all, ["use_peephole": .bool(true)], outputs: outputs)
      let three = try run(op, all, ["use_peephole": .bool(true)], outputs: outputs, threads: 3)
      for (a, b) in zip(one, three) {
        #expect(a.array(of: Float.self).map(\.bitPattern) == b.array(of: Float.self).map(\.bitPattern), "\(op)")
      }
    }
  }
}
