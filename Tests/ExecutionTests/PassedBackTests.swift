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

/// Gradients that layers hand on, made by the updates of their weights, against sums in float64 and the graph as it is.
struct PassedBackTests {
  private static let float = AttributeValue.type(TypeCode(.float32))

  /// One step of a layer: `passed` is b wᵀ, `after` is made of it, and `step` updates w by aᵀ b.
  private struct Layer {
    var nodes: [Node] = []

    /// The weights and the optimizer's slots.
    static func names(_ rule: OptimizerRule) -> [String] { ["w"] + (0..<rule.slotCount).map { "slot\($0)" } }

    init(_ rule: OptimizerRule, height: Int, width: Int, isRead: Bool, scales: Bool, decays: Bool) throws {
      let shape = try #require(Shape([height, width]))
      for name in Layer.names(rule) {
        nodes.append(
          Node(
            name, "VariableV2",
            attributes: ["dtype": PassedBackTests.float, "shape": .shape(PartialShape(shape))]))
      }
      for name in ["a", "b"] {
        nodes.append(Node(name, "Placeholder", attributes: ["dtype": PassedBackTests.float]))
      }
      let numbers = (0..<rule.numberCount).map { "number\($0)" }
      for (index, name) in numbers.enumerated() {
        nodes.append(Node(name, constant: .float(rule.name.contains("Ftrl") && index == 3 ? -0.5 : 0.01)))
      }
      nodes += [Node("part", constant: .float(0.125)), Node("factor", constant: .float(0.5))]
      add("read", "Identity", ["w"])
      let weights = isRead ? "read" : "w"
      add("passed", "MatMul", ["b", weights], ["transpose_a": .bool(false), "transpose_b": .bool(true)])
      add("after", "Neg", ["passed"])
      add("product", "MatMul", ["a", "b"], ["transpose_a": .bool(true), "transpose_b": .bool(false)])
      var gradient = "product"
      if decays {
        add("decay", "Mul", [weights, "part"])
        add("gradient", "AddN", [gradient, "decay"])
        gradient = "gradient"
      }
      if scales {
        add("scaled", "Mul", [gradient, "factor"])
        gradient = "scaled"
      }
      var inputs = numbers
      inputs.insert(gradient, at: rule.gradient)
      add("step", rule.operators[0], Layer.names(rule) + inputs)
    }

    mutating func add(_ name: String, _ op: String, _ inputs: [String], _ more: Attributes = [:]) {
      var node = Node(name, op, of: inputs.map { Endpoint($0) }, attributes: more)
      node.attributes["T"] = PassedBackTests.float
      nodes.append(node)
    }

    /// Lets a node wait for others.
    mutating func wait(_ name: String, for others: [String]) throws {
      let index = try #require(nodes.firstIndex { $0.name == name })
      nodes[index].inputs += others.map { .control($0) }
    }

    var meta: MetaGraph {
      get throws {
        var meta = MetaGraph()
        meta.graph = try Graph(nodes)
        return meta
      }
    }

    func isJoined(keeping kept: Set<String>) throws -> Bool {
      let fused = try Fusion.fused(meta.graph, keeping: kept)
      let joined = fused["step"]?.attributes.bool(OptimizerRule.passesBack) == true
      #expect(joined == (fused["passed"]?.op == "Identity"))
      return joined
    }
  }

  private func matrix(_ rows: Int, _ columns: Int, seed: UInt32) throws -> Tensor {
    var random = MersenneTwister(seed: seed)
    return try floats(
      (0..<rows * columns).map { _ in Float(random.next() >> 8) * 0x1p-24 - 0.5 }, [rows, columns])
  }

  private func rule(_ name: String) throws -> OptimizerRule {
    try #require(OptimizerRule.all.first { $0.name == name })
  }

  /// Of weights.
  private func firstValues(_ count: Int) -> [Float] {
    (0..<count).map { index in Float(index * 7919 % 1013) * 2e-4 }
  }

  /// What is fetched, then the weights and slots, after a step.
  private func run(
    _ layer: Layer, _ rule: OptimizerRule, _ extents: (rows: Int, height: Int, width: Int), fetching: [String],
    threads: Int = 2, targets: [String] = ["step"]
  ) throws -> [[Float]] {
    let (rows, height, width) = extents
    let store = VariableStore()
    for (index, name) in Layer.names(rule).enumerated() {
      let values = firstValues(height * width).map { index == 0 ? $0 : $0 * 0.05 }
      store.set(name, try floats(values, [height, width]))
    }
    let session = try Session(layer.meta, path: "g.meta", variables: store, workers: Workers(threads))
    let feeds = try [Endpoint("a"): matrix(rows, height, seed: 1), Endpoint("b"): matrix(rows, width, seed: 2)]
    let found = try session.run(fetching.map { Endpoint($0) }, feeding: feeds, targets: targets)
    let values = try Layer.names(rule).map { try session.run([Endpoint($0)])[0] }
    return (found + values).map { $0.array(of: Float.self) }
  }

  /// Sums in float64 over the weights before the step.
  private func exactProduct(_ rows: Int, _ height: Int, _ width: Int) throws -> [Double] {
    let b = try matrix(rows, width, seed: 2).array(of: Float.self)
    let weights = firstValues(height * width)
    var sums = Array(repeating: 0.0, count: rows * height)
    for row in 0..<rows {
      for line in 0..<height {
        var sum = 0.0
        for column in 0..<width { sum += Double(b[row * width + column]) * Double(weights[line * width + column]) }
        sums[row * height + line] = sum
      }
    }
    return sums
  }

  /// Joined whether the gradient is scaled or has a part of the weights, for few rows and, where it does not pay, many;
  /// with widths and heights that no grain divides.
  @Test(
    arguments: [(5, 300, 280), (16, 1030, 257), (64, 259, 270), (1, 256, 1030), (70, 90, 60), (5, 30, 280)],
    ["ApplyAdam", "ApplyMomentum", "ApplyFtrl"])
  func theProductIsOfTheWeightsBefore(extents: (Int, Int, Int), name: String) throws {
    let (rows, height, width) = extents
    let rule = try rule(name)
    let exact = try exactProduct(rows, height, width)
    for (isRead, scales, decays) in [(true, false, false), (false, true, false), (true, true, true)] {
      var layer = try Layer(
        rule, height: height, width: width, isRead: isRead, scales: scales, decays: decays)
      // As the updates of a trained graph wait for whoever reads the weights.
      try layer.wait("step", for: ["read", "passed"] + (decays ? ["decay"] : []))
      #expect(try layer.isJoined(keeping: ["step", "after"]))
      #expect(try !layer.isJoined(keeping: ["step", "passed", "after"]))
      #expect(try !layer.isJoined(keeping: ["step"]))
      let joined = try run(layer, rule, extents, fetching: ["after"])
      let plain = try run(layer, rule, extents, fetching: ["after", "passed"])
      for (found, exact) in zip(joined[0], exact) { #expect(abs(Double(found) + exact) < 2e-5) }
      for (joined, plain) in zip(joined.dropFirst(), plain.dropFirst(2)) {
        #expect(joined == plain)
      }
      for threads in [1, 3] {
        #expect(try run(layer, rule, extents, fetching: ["after"], threads: threads) == joined)
      }
    }
  }

  /// Where something that reads the weights needs the product, or the update does, they are not joined, and it reads
  /// them as they were.
  @Test func whatReadsTheWeightsBeforeStaysBefore() throws {
    let rule = try rule("ApplyAdam")
    let extents = (5, 300, 280)
    func layer() throws -> Layer {
      try Layer(rule, height: 300, width: 280, isRead: true, scales: true, decays: false)
    }
    let plain = try run(layer(), rule, extents, fetching: ["after", "passed"])

    var reading = try layer()
    reading.add("late", "Neg", ["read"])
    try reading.wait("late", for: ["after"])
    #expect(try !reading.isJoined(keeping: ["step", "after", "late"]))
    let late = try run(reading, rule, extents, fetching: ["after", "late"])
    #expect(late[1] == firstValues(300 * 280).map { -$0 })
    #expect(late[2] == plain[2])

    // A norm of all gradients, as clipping by the global norm takes it.
    var scaling = try layer()
    scaling.add("norm", "L2Loss", ["after"])
    scaling.nodes.removeAll { $0.name == "factor" }
    scaling.add("factor", "Identity", ["norm"])
    #expect(try !scaling.isJoined(keeping: ["step", "after"]))
    #expect(
      try run(scaling, rule, extents, fetching: ["after"])[1]
        == run(scaling, rule, extents, fetching: ["after", "passed"])[2])
  }

  /// What waits for the update reads the weights after it, also when it needs the product.
  @Test func whatWaitsForTheUpdateReadsTheWeightsAfter() throws {
    let rule = try rule("ApplyAdam")
    var layer = try Layer(rule, height: 300, width: 280, isRead: true, scales: false, decays: false)
    layer.add("afterwards", "Identity", ["w"])
    layer.add("negative", "Neg", ["afterwards"])
    try layer.wait("afterwards", for: ["step", "after"])
    #expect(try layer.isJoined(keeping: ["after", "negative"]))
    let found = try run(layer, rule, (5, 300, 280), fetching: ["after", "negative"], targets: [])
    #expect(found[1] == found[2].map { -$0 })
    #expect(found[2] != firstValues(300 * 280))
  }

  /// Two layers, one behind the other, and with readers that make each update wait for the other's product.
  @Test func updatesDoNotWaitForEachOther() throws {
    let rule = try rule("ApplyGradientDescent")
    var layer = try Layer(rule, height: 300, width: 280, isRead: true, scales: false, decays: false)
    let shape = try #require(Shape([260, 300]))
    layer.nodes.append(
      Node("v", "VariableV2", attributes: ["dtype": PassedBackTests.float, "shape": .shape(PartialShape(shape))]))
    layer.nodes.append(Node("c", "Placeholder", attributes: ["dtype": PassedBackTests.float]))
    layer.add("second", "MatMul", ["after", "v"], ["transpose_b": .bool(true)])
    layer.add("end", "Neg", ["second"])
    layer.add("factored", "MatMul", ["c", "after"], ["transpose_a": .bool(true)])
    layer.add("second_step", "ApplyGradientDescent", ["v", "number0", "factored"])
    func joined(_ layer: Layer, keeping kept: Set<String>) throws -> [Bool] {
      let fused = try Fusion.fused(layer.meta.graph, keeping: kept)
      return ["step", "second_step"].map { fused[$0]?.attributes.bool(OptimizerRule.passesBack) == true }
    }
    #expect(try joined(layer, keeping: ["step", "second_step", "end"]) == [true, true])
    layer.add("crossing", "Neg", ["read"])
    try layer.wait("crossing", for: ["end"])
    #expect(try joined(layer, keeping: ["step", "second_step", "end", "crossing"]) == [false, true])

    func values() throws -> [[Float]] {
      let store = VariableStore()
      store.set("w", try matrix(300, 280, seed: 5))
      store.set("v", try matrix(260, 300, seed: 6))
      let session = try Session(layer.meta, path: "g.meta", variables: store, workers: Workers(2))
      let feeds = try [
        Endpoint("a"): matrix(5, 300, seed: 1), Endpoint("b"): matrix(5, 280, seed: 2),
        Endpoint("c"): matrix(5, 260, seed: 3),
      ]
      let found = try session.run(
        ["end", "crossing"].map { Endpoint($0) }, feeding: feeds, targets: ["step", "second_step"])
      return try (found + ["w", "v"].map { try session.run([Endpoint($0)])[0] }).map { $0.array(of: Float.self) }
    }
    let found = try values()
    #expect(try found[1] == matrix(300, 280, seed: 5).array(of: Float.self).map { -$0 })
    #expect(try values() == found)
  }
}
