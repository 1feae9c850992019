import Bytes
import Graphs
import TestSupport
import Tensors
import Testing

@testable import Execution

private func floats(_ values: [Float], _ extents: [Int]) throws -> Tensor {
  let shape = try #require(Shape(extents))
  return try #require(Tensor(values, shape))
}

/// Steps of optimizers that scale and form the gradient themselves, against the graph as it is.
struct FusedUpdateTests {
  private static let shape = (rows: 5, height: 300, width: 280)

  /// Clipping by the norm of a gradient that is a product, and the step that follows it.
  private struct Clipping {
    let op: String
    let slots: [String]
    let meta: MetaGraph

    /// - Parameter decay: whether a part of the weights is added to the gradient, as the gradient of a penalty is.
    init(_ rule: OptimizerRule, height: Int, width: Int, limit: Float, decay: Bool = false) throws {
      op = rule.operators[0]
      slots = (0..<rule.slotCount).map { "slot\($0)" }
      let shape = try #require(Shape([height, width]))
      let float = AttributeValue.type(TypeCode(.float32))
      var nodes = (["w"] + slots).map {
        Node($0, "VariableV2", attributes: ["dtype": float, "shape": .shape(PartialShape(shape))])
      }
      func add(_ name: String, _ op: String, _ inputs: [String], _ more: Attributes = [:]) {
        var node = Node(name, op, of: inputs.map { Endpoint($0) })
        node.attributes = more
        node.attributes["T"] = float
        nodes.append(node)
      }
      for name in ["a", "b"] { nodes.append(Node(name, "Placeholder", attributes: ["dtype": float])) }
      let numbers = (0..<rule.numberCount).map { "number\($0)" }
      let isPower = rule.name.contains("Ftrl")
      for (index, name) in numbers.enumerated() {
        let isLast = index == numbers.count - 1
        nodes.append(Node(name, constant: .float(isPower && isLast ? -0.5 : 0.01 + 0.05 * Float(index))))
      }
      nodes += [
        Node("two", constant: .float(2)), Node("limit", constant: .float(limit)),
        Node("part", constant: .float(0.125)),
      ]
      let turned: Attributes = ["transpose_a": .bool(true), "transpose_b": .bool(false)]
      add("product", "MatMul", ["a", "b"], turned)
      if decay {
        add("read", "Identity", ["w"])
        add("decay", "Mul", ["read", "part"])
        add("gradient", "AddN", ["product", "decay"])
      } else {
        add("gradient", "Identity", ["product"])
      }
      let gradient = decay ? "gradient" : "product"
      add("loss", "L2Loss", [gradient])
      add("twice", "Mul", ["loss", "two"])
      add("norm", "Sqrt", ["twice"])
      add("bound", "Maximum", ["norm", "limit"])
      add("factor", "RealDiv", ["limit", "bound"])
      add("clipped", "Mul", [gradient, "factor"])
      var inputs = numbers
      inputs.insert("clipped", at: rule.gradient)
      add("step", op, ["w"] + slots + inputs)
      if decay {
        // As the updates of a trained graph wait for whoever reads the weights.
        nodes[nodes.count - 1].inputs += [.control("decay"), .control("read")]
      }
      var meta = MetaGraph()
      meta.graph = try Graph(nodes)
      self.meta = meta
    }

    /// The weights and slots after two steps.
    func run(_ a: Tensor, _ b: Tensor, shape: Shape, fetching fetches: [String], threads: Int = 2) throws
      -> [[Float]]
    {
      let store = VariableStore()
      for (index, name) in (["w"] + slots).enumerated() {
        let values = (0..<shape.elementCount).map {
          Float(($0 * 7919 + index) % 1013) / 1013 * (index == 0 ? 0.2 : 0.01)
        }
        store.set(name, try floats(values, shape.dimensions))
      }
      let session = Session(meta, path: "g.meta", variables: store, workers: Workers(threads))
      let feeds = [Endpoint("a"): a, Endpoint("b"): b]
      for _ in 0..<2 { _ = try session.run(fetches.map { Endpoint($0) }, feeding: feeds, targets: ["step"]) }
      return try (["w"] + slots).map { try session.run([Endpoint($0)])[0].array(of: Float.self) }
    }
  }

  private func matrix(_ rows: Int, _ columns: Int, seed: UInt32) throws -> Tensor {
    var random = MersenneTwister(seed: seed)
    let values = (0..<rows * columns).map { _ in Float(random.next() >> 8) * 0x1p-24 - 0.5 }
    return try floats(values, [rows, columns])
  }

  private func operators(in clipping: Clipping, keeping kept: Set<String>) throws -> Set<String> {
    var fused = try Fusion.fused(clipping.meta.graph, keeping: kept)
    try fused.prune(to: Array(kept))
    return Set(fused.nodes.map(\.op))
  }

  @Test(arguments: OptimizerRule.all.map(\.name), [Float(1), 1e6])
  func stepsAreThoseOfTheGraph(name: String, limit: Float) throws {
    let rule = try #require(OptimizerRule.all.first { $0.name == name })
    let (rows, height, width) = FusedUpdateTests.shape
    let shape = try #require(Shape([height, width]))
    let clipping = try Clipping(rule, height: height, width: width, limit: limit)
    let (a, b) = try (matrix(rows, height, seed: 1), matrix(rows, width, seed: 2))
    #expect(
      try operators(in: clipping, keeping: ["step"]).isSuperset(of: [
        "_" + clipping.op, Operator.weightGradient, Operator.weightGradientLoss,
      ]))
    #expect(try !operators(in: clipping, keeping: ["step"]).contains("MatMul"))
    #expect(try operators(in: clipping, keeping: ["step", "product"]).isDisjoint(with: [Operator.weightGradient]))
    let plain = try clipping.run(a, b, shape: shape, fetching: ["product", "clipped"])
    // Scaling is the same multiplication wherever it is done.
    #expect(try clipping.run(a, b, shape: shape, fetching: ["product"]) == plain)
    let quick = try clipping.run(a, b, shape: shape, fetching: [])
    for (quick, plain) in zip(quick, plain) { expectClose(quick, plain) }
    #expect(try clipping.run(a, b, shape: shape, fetching: [], threads: 1) == quick)
    #expect(try clipping.run(a, b, shape: shape, fetching: [], threads: 3) == quick)
  }

  /// With a part of the weights in the gradient, whose node nobody waits for any more.
  @Test(arguments: [(5, 300, 280), (70, 30, 20)], [Float(1), 1e6])
  func decayIsAdded(extents: (Int, Int, Int), limit: Float) throws {
    let (rows, height, width) = extents
    for rule in OptimizerRule.all where ["ApplyAdam", "ApplyMomentum", "ApplyFtrl"].contains(rule.name) {
      let shape = try #require(Shape([height, width]))
      let clipping = try Clipping(rule, height: height, width: width, limit: limit, decay: true)
      let (a, b) = try (matrix(rows, height, seed: 1), matrix(rows, width, seed: 2))
      let operators = try operators(in: clipping, keeping: ["step"])
      #expect(operators.isDisjoint(with: ["MatMul", "AddN", "L2Loss", clipping.op]))
      #expect(operators.contains(Operator.weightGradient))
      let plain = try clipping.run(a, b, shape: shape, fetching: ["gradient", "clipped", "decay"])
      let quick = try clipping.run(a, b, shape: shape, fetching: [])
      for (quick, plain) in zip(quick, plain) { expectClose(quick, plain) }
      #expect(try clipping.run(a, b, shape: shape, fetching: [], threads: 1) == quick)
      // The sum is taken elsewhere too, or the part is of other weights: all stays.
      #expect(try self.operators(in: clipping, keeping: ["step", "gradient"]).contains("AddN"))
    }
  }

  private func expectClose(_ found: [Float], _ expected: [Float]) {
    #expect(found.count == expected.count)
    let largest = expected.map(abs).max() ?? 0
    let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(difference <= 2e-6 * max(largest, 0.1))
  }

  /// What is small, or has many rows, is formed.
  @Test(arguments: [(5, 30, 280), (65, 300, 280), (1, 300, 20)])
  func otherGradientsAreFormed(rows: Int, height: Int, width: Int) throws {
    let rule = try #require(OptimizerRule.all.first { $0.name == "ApplyAdam" })
    let shape = try #require(Shape([height, width]))
    let clipping = try Clipping(rule, height: height, width: width, limit: 1)
    let (a, b) = try (matrix(rows, height, seed: 1), matrix(rows, width, seed: 2))
    #expect(FactoredGradient(a, b) == nil)
    #expect(
      try clipping.run(a, b, shape: shape, fetching: [])
        == clipping.run(a, b, shape: shape, fetching: ["product", "clipped"]))
  }

  @Test func factorsThatDoNotFitAreRefused() throws {
    let rule = try #require(OptimizerRule.all.first { $0.name == "ApplyAdam" })
    let shape = try #require(Shape([300, 280]))
    let clipping = try Clipping(rule, height: 300, width: 280, limit: 1)
    #expect(throws: KernelError.self) {
      try clipping.run(matrix(5, 300, seed: 1), matrix(4, 280, seed: 2), shape: shape, fetching: [])
    }
    #expect(throws: KernelError.self) {
      try clipping.run(matrix(5, 280, seed: 1), matrix(5, 300, seed: 2), shape: shape, fetching: [])
    }
  }

  /// Rows that are alike but for a thousandth, and factors that sum to nothing: in float32 the norm would be lost.
  @Test(arguments: [1, 2, 5, 16, 23]) func normsAreThoseOfTheProduct(rows: Int) throws {
    let (height, width) = (9001, 270)
    var random = MersenneTwister(seed: 3)
    func draw() -> Float { Float(random.next() >> 8) * 0x1p-24 - 0.5 }
    let base = (0..<height).map { _ in draw() }
    let left = (0..<rows).flatMap { _ in base.map { $0 + draw() * 1e-3 } }
    var right = (0..<rows * width).map { _ in draw() }
    for column in 0..<width where rows > 1 {
      let mean = (0..<rows).reduce(Float(0)) { $0 + right[$1 * width + column] } / Float(rows)
      for row in 0..<rows { right[row * width + column] -= mean }
    }
    let a = try floats(left, [rows, height])
    let b = try floats(right, [rows, width])
    let gradient = try #require(FactoredGradient(a, b))
    var exact = 0.0
    for i in 0..<height {
      for j in 0..<width {
        var sum = 0.0
        for row in 0..<rows { sum += Double(left[row * height + i]) * Double(right[row * width + j]) }
        exact += sum * sum
      }
    }
    let found = gradient.squaredNorm(nil, ThreadTeam(Workers(2)), BufferPool())
    #expect(abs(found - exact) <= 1e-8 * exact)
    #expect(gradient.squaredNorm(nil, ThreadTeam(Workers(1)), BufferPool()) == found)
  }

  /// As TensorFlow counts them; the caller has them back.
  @Test func denormalNumbersCountAsZero() throws {
    var meta = MetaGraph()
    let float = AttributeValue.type(TypeCode(.float32))
    var product = Node("y", "Mul", of: [Endpoint("x"), Endpoint("x")])
    product.attributes["T"] = float
    meta.graph = try Graph([Node("x", "Placeholder", attributes: ["dtype": float]), product])
    let session = try Session(meta, path: "g.meta", workers: Workers(2))
    let count = 1 << 18
    let x = try floats(Array(repeating: 0x1p-70, count: count), [count])
    let y = try session.run([Endpoint("y")], feeding: [Endpoint("x"): x])[0].array(of: Float.self)
    #expect(y.allSatisfy { $0 == 0 })
    #expect(Float.leastNormalMagnitude / Float(x.elementCount) > 0)
  }
}
