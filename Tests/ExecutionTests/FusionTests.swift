import Bytes
import Graphs
import TestSupport
import Tensors
import Testing

@testable import Execution

/// Graphs in which several nodes became one answer as they did before.
struct FusionTests {
  /// What is fused in an exported model, and how often at least.
  struct Expected: CustomTestStringConvertible, Sendable {
    var model: String
    var fused: [String: Int]
    var testDescription: String { model }
  }

  @Test(arguments: [
    Expected(
      model: "graphs/netvlad_gated_probgating",
      fused: [
        Operator.normalization: 2, Operator.gatheredNormalization: 1, Operator.joinedNormalization: 1,
        Operator.slicedNormalization: 2, Operator.productSubtraction: 2, "BatchMatMulV2": 2,
      ]),
    Expected(model: "graphs/random_sequence_seed7", fused: [Operator.gatheredNormalization: 1]),
    Expected(
      model: "graphs_oldops/netvlad_gated_probgating",
      fused: [Operator.joinedNormalization: 1, Operator.slicedNormalization: 2, "BatchMatMul": 2]),
    Expected(model: "graphs/netfv_coupled", fused: [Operator.normalization: 4, Operator.joinedNormalization: 1]),
    Expected(model: "graphs/softdbof_maxpool", fused: [Operator.joinedNormalization: 1]),
    Expected(model: "quantized/netvlad_gated_probgating_quant_kmeans", fused: [Operator.byteGather: 1]),
    Expected(model: "ensembles/quant_uniform_plus_float16", fused: [Operator.byteGather: 1]),
  ])
  func answersAsTheGraphItself(expected: Expected) throws {
    let model = try Model("models/" + expected.model)
    let predictions = try model.endpoint("predictions").node
    var whole = model.meta.graph
    try whole.prune(to: [predictions])
    var fused = try Fusion.fused(whole, keeping: [predictions])
    try fused.prune(to: [predictions])
    for (op, count) in expected.fused {
      #expect(fused.nodes.count { $0.op == op && whole[$0.name] != $0 } >= count, "\(op)")
    }
    // What is asked for is there, so nothing is fused.
    let gone = whole.nodes.filter { fused[$0.name] == nil && $0.op != "Const" }.map(\.name)
    #expect(try Fusion.fused(whole, keeping: Set(gone + [predictions])) == whole)
    let plain = try model.run(with: gone).array(of: Float.self)
    let quick = try Model("models/" + expected.model).run().array(of: Float.self)
    let difference = zip(plain, quick).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 2e-6)
  }

  /// Along each axis, in place or not, of sums below the bound and of long rows.
  @Test(arguments: [
    ([3, 5, 4], 0), ([3, 5, 4], 1), ([3, 5, 4], -1), ([2, 20000], 1), ([2, 3000, 2], 1), ([1, 1], 0), ([0, 4], 1),
  ])
  func normalizesAlongAnAxis(extents: [Int], axis: Int) throws {
    let shape = try #require(Shape(extents))
    let numbers = (0..<shape.elementCount).map { Float($0 * 7919 % 1000) / 500 - 1 }
    let x = try #require(Tensor(numbers, shape))
    let meta = try normalization(axis: Int32(axis), smallest: 1e-2)
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("y")], feeding: [Endpoint("x"): x])[0]
    let plain = try session.run([Endpoint("y"), Endpoint("square")], feeding: [Endpoint("x"): x])[0]
    #expect(quick.shape == plain.shape)
    for (a, b) in zip(quick.array(of: Float.self), plain.array(of: Float.self)) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func normalizesNothingToNothingAndNaNToNaN() throws {
    let session = try Session(normalization(axis: 1, smallest: 1e-12), path: "g.meta")
    let shape = try #require(Shape([3, 2]))
    let x = try #require(Tensor([0, 0, 3, 4, .nan, 1] as [Float], shape))
    let y = try session.run([Endpoint("y")], feeding: [Endpoint("x"): x])[0].array(of: Float.self)
    #expect(y[..<4] == [0, 0, 0.6, 0.8])
    #expect(y[4].isNaN && y[5].isNaN)
  }

  /// (dy - sum(dy y)) y in one pass, of rows of any length; and as the nodes say along another axis.
  @Test(arguments: [([3, 5], 1), ([2, 3, 100], 2), ([4, 33], -1), ([3, 5, 4], 1), ([0, 4], 1)])
  func takesTheGradientOfASoftmax(extents: [Int], axis: Int) throws {
    let shape = try #require(Shape(extents))
    func node(_ name: String, _ op: String, _ inputs: [String], _ more: Attributes = [:]) -> Node {
      var node = Node(name, op, of: inputs.map { Endpoint($0) })
      node.attributes = more
      node.attributes["T"] = .type(TypeCode(.float32))
      return node
    }
    var meta = MetaGraph()
    meta.graph = try Graph([
      Node("x", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
      Node("dy", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
      Node("axes", constant: .int32(Int32(axis))), node("y", "Softmax", ["x"]),
      node("product", "Mul", ["dy", "y"]), node("sum", "Sum", ["product", "axes"], ["keep_dims": .bool(true)]),
      node("difference", "Sub", ["dy", "sum"]), node("dx", "Mul", ["difference", "y"]),
    ])
    #expect(try Fusion.fused(meta.graph, keeping: ["dx"])["dx"]?.op == Operator.softmaxGradient)
    let numbers = (0..<shape.elementCount).map { Float($0 * 7919 % 1000) / 500 - 1 }
    let session = try Session(meta, path: "g.meta")
    let feeds = [
      Endpoint("x"): try #require(Tensor(numbers, shape)),
      Endpoint("dy"): try #require(Tensor(Array(numbers.reversed()), shape)),
    ]
    let quick = try session.run([Endpoint("dx")], feeding: feeds)[0]
    let plain = try session.run(["dx", "product"].map { Endpoint($0) }, feeding: feeds)[0]
    #expect(quick.shape == plain.shape)
    for (a, b) in zip(quick.array(of: Float.self), plain.array(of: Float.self)) { #expect(abs(a - b) < 1e-6) }
  }

  /// A second consumer, an axis that goes, a node that waits: the nodes stay.
  @Test func leavesWhatIsNotThePattern() throws {
    let whole = try normalization(axis: 1, smallest: 1).graph
    #expect(try Fusion.fused(whole, keeping: ["y"])["y"]?.op == Operator.normalization)
    var seen = whole
    try seen.insert(Node("other", "Neg", of: [Endpoint("sum")]))
    var dropped = whole
    try dropped.update("sum") { $0.attributes["keep_dims"] = .bool(false) }
    var waiting = whole
    try waiting.update("root") { $0.inputs.append(.control("x")) }
    var double = whole
    try double.update("y") { $0.attributes["T"] = .type(TypeCode(.float64)) }
    for graph in [seen, dropped, waiting, double] { #expect(try Fusion.fused(graph, keeping: ["y"]) == graph) }
    #expect(try Fusion.fused(whole, keeping: ["y", "root"]) == whole)
  }

  @Test func aFileDoesNotHaveFusedOperators() throws {
    for op in [
      Operator.normalization, Operator.gatheredNormalization, Operator.joinedNormalization,
      Operator.slicedNormalization, Operator.productSubtraction, Operator.byteGather,
    ] {
      var meta = MetaGraph()
      meta.graph = try Graph([Node("x", constant: .float(1)), Node("y", op, of: [Endpoint("x"), Endpoint("x")])])
      let session = try Session(meta, path: "g.meta")
      #expect(throws: KernelError.self) { try session.run([Endpoint("y")]) }
    }
  }

  /// Rows of what is normalized along the rows, and rows of what is normalized across them.
  @Test(arguments: [0, 1, 2])
  func picksRowsOfWhatIsNormalized(axis: Int32) throws {
    var meta = try normalization(axis: axis, smallest: 1e-12)
    let numbered = [1, 0, 0, 3, 1, 3, 1, 3] as [Int32]
    let shape = try #require(Shape([4, 2]))
    let places = try #require(TensorValue(.int32, shape, bytes: numbered.withUnsafeBytes { [UInt8]($0) }))
    try meta.graph.insert([
      Node("places", constant: places),
      Node("rows", "GatherNd", of: [Endpoint("y"), Endpoint("places")]),
    ])
    #expect(try Fusion.fused(meta.graph, keeping: ["rows"])["rows"]?.op == Operator.gatheredNormalization)
    let numbers: [Float] = (0..<40).map { Float($0 * 7919 % 1000) / 500 - 1 }
    let extents = try #require(Shape([2, 4, 5]))
    let x = try #require(Tensor(numbers, extents))
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("rows")], feeding: [Endpoint("x"): x])[0]
    let plain = try session.run(
      [Endpoint("rows"), Endpoint("square"), Endpoint("y")], feeding: [Endpoint("x"): x])[0]
    #expect(quick.shape.dimensions == [4, 5])
    for (a, b) in zip(quick.array(of: Float.self), plain.array(of: Float.self)) { #expect(abs(a - b) < 1e-6) }
    // What is fed is not written to.
    #expect(x.array(of: Float.self) == numbers)
  }

  @Test(arguments: [([2, 3, 4], [2, 1, 4], [1, 3, 4]), ([4], [3, 1], [1]), ([1, 20000], [1], [20000])])
  func subtractsProducts(x: [Int], a: [Int], b: [Int]) throws {
    var feeds: [Endpoint: Tensor] = [:]
    for (name, extents) in [("x", x), ("a", a), ("b", b)] {
      let shape = try #require(Shape(extents))
      let values: [Float] = (0..<shape.elementCount).map { Float($0 + feeds.count) / 7 }
      feeds[Endpoint(name)] = Tensor(values, shape)
    }
    let type: Attributes = ["T": .type(TypeCode(.float32))]
    var meta = MetaGraph()
    meta.graph = try Graph(
      ["x", "a", "b"].map { Node($0, "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]) } + [
        Node("product", "Mul", of: [Endpoint("a"), Endpoint("b")], attributes: type),
        Node("y", "Sub", of: [Endpoint("x"), Endpoint("product")], attributes: type),
      ])
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("y")], feeding: feeds)[0]
    let plain = try session.run([Endpoint("y"), Endpoint("product")], feeding: feeds)[0]
    #expect(quick.shape == plain.shape)
    #expect(quick.array(of: Float.self) == plain.array(of: Float.self))
  }

  @Test(arguments: [1, 2, 3, 4, 8], [3, 256])
  func looksUpRowsByBytes(width: Int, rows: Int) throws {
    let params = (0..<rows * width).map { Float($0) }
    let bytes: [UInt8] = [2, 0, 1, 2, 1]
    let meta = try gather(params, width: width, bytes: bytes)
    let found = try Session(meta, path: "g.meta").run([Endpoint("y")])[0]
    #expect(found.shape.dimensions == (width == 1 ? [5] : [5, width]))
    #expect(
      found.array(of: Float.self) == bytes.flatMap { byte in (0..<width).map { Float(Int(byte) * width + $0) } })
  }

  @Test func refusesBytesBeyondTheRows() throws {
    let meta = try gather([1, 2], width: 1, bytes: [1, 2])
    #expect(
      throws: KernelError(.badData, "g.meta", at: .node("y"), "its index 2 is not among the 2 of float32 [2]")
    ) {
      try Session(meta, path: "g.meta").run([Endpoint("y")])
    }
  }

  /// Matrices beside each other, and what is joined or normalized along another axis.
  @Test(arguments: [([2, 3], 1, -1), ([2, 3], 1, 0), ([2, 3], 0, 1), ([2, 3, 2], 2, 1), ([0, 3], 1, 1)])
  func joinsWhatIsNormalized(extents: [Int], axis: Int32, joining: Int32) throws {
    var graph = try normalization(axis: axis, smallest: 1e-12).graph
    for node in graph.nodes where node.name != "axis" && node.name != "smallest" {
      var copy = node
      copy.name = "other_" + node.name
      for index in copy.inputs.indices where !["axis", "smallest"].contains(copy.inputs[index].node) {
        copy.inputs[index] = .data(Endpoint("other_" + copy.inputs[index].node))
      }
      try graph.insert(copy)
    }
    try graph.insert([
      Node("joining", constant: .int32(joining)),
      Node(
        "both", "ConcatV2", of: [Endpoint("y"), Endpoint("other_y"), Endpoint("joining")],
        attributes: ["T": .type(TypeCode(.float32))]),
    ])
    #expect(try Fusion.fused(graph, keeping: ["both"])["both"]?.op == Operator.joinedNormalization)
    var meta = MetaGraph()
    meta.graph = graph
    let shape = try #require(Shape(extents))
    let numbers = (0..<shape.elementCount).map { Float($0 * 7919 % 1000) / 500 - 1 }
    let (x, other) = (Tensor(numbers, shape), Tensor(numbers.map { 3 - $0 }, shape))
    let feeds = [Endpoint("x"): try #require(x), Endpoint("other_x"): try #require(other)]
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("both")], feeding: feeds)[0]
    let plain = try session.run([Endpoint("both"), Endpoint("y"), Endpoint("other_y")], feeding: feeds)[0]
    #expect(quick.shape == plain.shape)
    for (a, b) in zip(quick.array(of: Float.self), plain.array(of: Float.self)) { #expect(abs(a - b) < 1e-6) }
  }

  /// Columns of what is normalized, from both ends, and slices that are no columns.
  @Test(arguments: [
    ([0, 0], [0, 2], [1, 1], 1), ([0, 1], [9, -1], [1, 1], 0), ([1, 0], [3, 2], [1, 1], 0),
    ([0, 0], [6, 4], [1, 2], 0), ([0, 3], [6, 3], [1, 1], 0),
  ])
  func slicesWhatIsNormalized(begin: [Int32], end: [Int32], steps: [Int32], mask: Int) throws {
    let type: AttributeValue = .type(TypeCode(.float32))
    func vector(_ name: String, _ values: [Float]) throws -> Node {
      let shape = try #require(Shape([values.count]))
      let bytes = values.withUnsafeBytes { [UInt8]($0) }
      return Node(name, constant: try #require(TensorValue(.float32, shape, bytes: bytes)))
    }
    func integers(_ name: String, _ values: [Int32]) throws -> Node {
      let shape = try #require(Shape([values.count]))
      let bytes = values.withUnsafeBytes { [UInt8]($0) }
      return Node(name, constant: try #require(TensorValue(.int32, shape, bytes: bytes)))
    }
    var meta = MetaGraph()
    meta.graph = try Graph([
      Node("x", "Placeholder", attributes: ["dtype": type]),
      vector("scale", [1, 2, 3, -1]), vector("offset", [0, 1, 0, 5]), vector("mean", [0.5, 0, -1, 2]),
      vector("variance", [1, 4, 0.25, 0]), integers("shape", [-1, 4]),
      Node(
        "norm", "FusedBatchNormV3", of: ["x", "scale", "offset", "mean", "variance"].map { Endpoint($0) },
        attributes: [
          "T": type, "U": type, "epsilon": .float(0.5), "is_training": .bool(false),
          "data_format": .bytes(Array("NHWC".utf8)),
        ]),
      Node("flat", "Reshape", of: [Endpoint("norm"), Endpoint("shape")], attributes: ["T": type]),
      integers("begin", begin), integers("end", end), integers("steps", steps),
      Node(
        "part", "StridedSlice", of: ["flat", "begin", "end", "steps"].map { Endpoint($0) },
        attributes: ["T": type, "begin_mask": .int(mask), "end_mask": .int(mask)]),
    ])
    #expect(try Fusion.fused(meta.graph, keeping: ["part"])["part"]?.op == Operator.slicedNormalization)
    let shape = try #require(Shape([3, 1, 2, 4]))
    let x = try #require(Tensor((0..<24).map { Float($0 * 7 % 24) }, shape))
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("part")], feeding: [Endpoint("x"): x])[0]
    let plain = try session.run([Endpoint("part"), Endpoint("flat")], feeding: [Endpoint("x"): x])[0]
    #expect(quick.shape == plain.shape)
    #expect(quick.array(of: Float.self) == plain.array(of: Float.self))
  }

  private func normalization(axis: Int32, smallest: Float) throws -> MetaGraph {
    let type: Attributes = ["T": .type(TypeCode(.float32))]
    var meta = MetaGraph()
    meta.graph = try Graph([
      Node("x", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
      Node("square", "Square", of: [Endpoint("x")], attributes: type),
      Node("axis", constant: .int32(axis)),
      Node(
        "sum", "Sum", of: [Endpoint("square"), Endpoint("axis")],
        attributes: ["T": .type(TypeCode(.float32)), "keep_dims": .bool(true)]),
      Node("smallest", constant: .float(smallest)),
      Node("bounded", "Maximum", of: [Endpoint("sum"), Endpoint("smallest")], attributes: type),
      Node("root", "Rsqrt", of: [Endpoint("bounded")], attributes: type),
      Node("y", "Mul", of: [Endpoint("x"), Endpoint("root")], attributes: type),
    ])
    return meta
  }

  /// Rows of `width` numbers, or single ones.
  private func gather(_ params: [Float], width: Int, bytes: [UInt8]) throws -> MetaGraph {
    let shape = try #require(Shape(width == 1 ? [params.count] : [params.count / width, width]))
    let table = try #require(TensorValue(.float32, shape, bytes: params.withUnsafeBytes { [UInt8]($0) }))
    let count = try #require(Shape([bytes.count]))
    let codes = try #require(TensorValue(.uint8, count, bytes: bytes))
    var meta = MetaGraph()
    meta.graph = try Graph([
      Node("params", constant: table), Node("codes", constant: codes), Node("axis", constant: .int32(0)),
      Node(
        "wide", "Cast", of: [Endpoint("codes")],
        attributes: ["SrcT": .type(TypeCode(.uint8)), "DstT": .type(TypeCode(.int32))]),
      Node(
        "y", "GatherV2", of: [Endpoint("params"), Endpoint("wide"), Endpoint("axis")],
        attributes: ["Tparams": .type(TypeCode(.float32)), "Tindices": .type(TypeCode(.int32))]),
    ])
    return meta
  }
}
