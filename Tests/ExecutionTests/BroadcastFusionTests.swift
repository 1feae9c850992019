import Graphs
import TestSupport
import Tensors
import Testing

@testable import Execution

/// Passes over memory that are saved where few numbers meet many, against the graph as it is and plain loops.
struct BroadcastFusionTests {
  private static let float = AttributeValue.type(TypeCode(.float32))

  private func node(_ name: String, _ op: String, _ inputs: [String], _ more: Attributes = [:]) -> Node {
    var node = Node(name, op, of: inputs.map { Endpoint($0) }, attributes: more)
    node.attributes["T"] = BroadcastFusionTests.float
    return node
  }

  private func placeholder(_ name: String) -> Node {
    Node(name, "Placeholder", attributes: ["dtype": BroadcastFusionTests.float])
  }

  private func meta(_ nodes: [Node]) throws -> MetaGraph {
    var meta = MetaGraph()
    meta.graph = try Graph(nodes)
    return meta
  }

  private func tensor(_ extents: [Int], _ numbers: (Int) -> Float) throws -> Tensor {
    let shape = try #require(Shape(extents))
    return try #require(Tensor((0..<shape.elementCount).map(numbers), shape))
  }

  /// The result, of the fused graph and of the graph itself, which are to be the same.
  private func answer(_ meta: MetaGraph, _ a: Tensor, _ b: Tensor, inner: String) throws -> [Float] {
    let fused = try Fusion.fused(meta.graph, keeping: ["a", "b", "y"])
    #expect(try !fused.ancestors(of: ["y"]).contains(inner))
    #expect(try Fusion.fused(meta.graph, keeping: ["a", "b", "y", inner]) == meta.graph)
    let feeds = [Endpoint("a"): a, Endpoint("b"): b]
    let session = try Session(meta, path: "g.meta")
    let quick = try session.run([Endpoint("y")], feeding: feeds)[0]
    let plain = try session.run([Endpoint("y"), Endpoint(inner)], feeding: feeds)[0]
    #expect(quick.shape == plain.shape)
    let values = quick.array(of: Float.self)
    #expect(values == plain.array(of: Float.self))
    return values
  }

  /// What is repeated to the shape of b, or of its square, and multiplied by 2 b is multiplied by 2 first.
  @Test(arguments: [
    ([3, 5], [3, 1]), ([2, 3, 4], [2, 1, 4]), ([2, 3, 4], [4]), ([4, 700], [1]), ([0, 4], [1, 4]),
  ])
  func multipliesFewNumbersFirst(extents: [Int], few: [Int]) throws {
    let a = try tensor(few) { Float($0 * 31 % 17) / 4 - 2 }
    let b = try tensor(extents) { Float($0 * 7919 % 1000) / 500 - 1 }
    for (ofSquare, isFirst) in [(false, true), (true, false)] {
      var meta = try meta([
        placeholder("a"), placeholder("b"), Node("two", constant: .float(2)), node("square", "Square", ["b"]),
        node("shape", "Shape", [ofSquare ? "square" : "b"]), node("repeated", "BroadcastTo", ["a", "shape"]),
        node("twice", "Mul", isFirst ? ["b", "two"] : ["two", "b"]),
        node("y", "Mul", isFirst ? ["repeated", "twice"] : ["twice", "repeated"]),
      ])
      _ = try answer(meta, a, b, inner: "repeated")
      #expect(try Fusion.fused(meta.graph, keeping: ["a", "b", "y", "twice"]) == meta.graph)
      // Of another tensor's shape it need not be b's.
      try meta.graph.update("shape") { $0.inputs = [.data(Endpoint("a"))] }
      #expect(try Fusion.fused(meta.graph, keeping: ["a", "b", "y"]) == meta.graph)
    }
  }

  @Test(arguments: [[3, 5], [2, 3, 4], [4, 1, 700]], [0, 1])
  func addsWhatIsRepeated(extents: [Int], place: Int) throws {
    let row = try #require(extents.last)
    let a = try tensor([row]) { Float($0 * 31 % 17) / 4 - 2 }
    let b = try tensor(extents) { Float($0 * 7919 % 1000) / 500 - 1 }
    let meta = try meta([
      placeholder("a"), placeholder("b"), node("shape", "Shape", ["b"]),
      node("repeated", "BroadcastTo", ["a", "shape"]),
      node("y", "AddN", place == 0 ? ["repeated", "b"] : ["b", "repeated"], ["N": .int(2)]),
    ])
    let found = try answer(meta, a, b, inner: "repeated")
    let (few, many) = (a.array(of: Float.self), b.array(of: Float.self))
    #expect(found == many.indices.map { few[$0 % row] + many[$0] })
  }

  /// Zeros of both signs are equal; what is not a number is not, not even to itself.
  @Test(arguments: [(7, 9, 33), (2, 1, 5), (1, 40, 1)])
  func countsWhatIsEqual(extents: (Int, Int, Int)) throws {
    let (outer, middle, inner) = extents
    let values: [Float] = [1, -1, 0, -0.0, .nan, .infinity, 2]
    let a = try tensor([outer, middle, inner]) { values[$0 * 7919 % 1013 % values.count] }
    let b = try tensor([outer, 1, inner]) { values[$0 * 31 % 17 % values.count] }
    let bool = AttributeValue.type(TypeCode(.bool))
    let meta = try meta([
      placeholder("a"), placeholder("b"), node("equal", "Equal", ["a", "b"]),
      Node(
        "y", "Cast", of: [Endpoint("equal")], attributes: ["SrcT": bool, "DstT": BroadcastFusionTests.float]),
    ])
    let found = try answer(meta, a, b, inner: "equal")
    let (many, few) = (a.array(of: Float.self), b.array(of: Float.self))
    let expected = many.indices.map { index in
      many[index] == few[index / (middle * inner) * inner + index % inner] ? Float(1) : 0
    }
    #expect(found == expected)
  }
}
