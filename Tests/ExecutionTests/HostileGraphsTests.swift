import Bytes
import Execution
import Graphs
import Tensors
import Testing

/// Graphs with extents and numbers at the edges of what can be counted: a result, or one error.
struct HostileGraphsTests {
  private static let huge = 1 << 40

  private static func longs(_ name: String, _ values: [Int]) throws -> Node {
    let bytes = values.flatMap { value in withUnsafeBytes(of: Int64(value)) { [UInt8]($0) } }
    let shape = try #require(Shape([values.count]))
    return Node(name, constant: try #require(TensorValue(.int64, shape, bytes: bytes)))
  }

  private static func scalar(_ name: String, _ value: Int32) -> Node { Node(name, constant: .int32(value)) }

  /// A tensor of that shape, by a Fill.
  private static func filled(_ name: String, _ extents: [Int]) throws -> [Node] {
    [
      try longs(name + "/dims", extents), Node(name + "/value", constant: .float(1)),
      Node(name, "Fill", of: [Endpoint(name + "/dims"), Endpoint(name + "/value")]),
    ]
  }

  private func run(_ nodes: [Node], _ fetch: String) throws -> Tensor {
    var meta = MetaGraph()
    meta.graph = try Graph(nodes)
    return try Session(meta, path: "g.meta").run([Endpoint(fetch)])[0]
  }

  @Test(arguments: ["Add", "Less", "Maximum"])
  func extentsOfEmptyTensorsMayBeAny(op: String) throws {
    let empty = try HostileGraphsTests.filled("x", [Self.huge, Self.huge, 0])
    let result = try run(empty + [Node("y", op, of: [Endpoint("x"), Endpoint("x")])], "y")
    #expect(result.elementCount == 0)
  }

  @Test func anEmptyTensorIsTransposed() throws {
    let nodes =
      try HostileGraphsTests.filled("x", [Self.huge, Self.huge, 0]) + [
        HostileGraphsTests.longs("order", [2, 0, 1])
      ]
    let result = try run(nodes + [Node("y", "Transpose", of: [Endpoint("x"), Endpoint("order")])], "y")
    #expect(result.shape.dimensions == [0, Self.huge, Self.huge])
  }

  @Test func aStrideThatIsNotTakenMayBeAny() throws {
    let nodes =
      try HostileGraphsTests.filled("x", [2, 4])
      + [
        HostileGraphsTests.longs("a", [0, 0]), HostileGraphsTests.longs("b", [2, 2]),
        HostileGraphsTests.longs("s", [(1 << 62) + 1, (1 << 62) + 1]),
      ]
    let slice = Node("y", "StridedSlice", of: [Endpoint("x"), Endpoint("a"), Endpoint("b"), Endpoint("s")])
    #expect(try run(nodes + [slice], "y").shape.dimensions == [1, 1])
  }

  @Test func listsAsLongAsAHostileExtentAreNotMade() throws {
    let empty = try HostileGraphsTests.filled("x", [Self.huge, 0])
    #expect(throws: KernelError.self) { try run(empty + [Node("y", "Unpack", of: [Endpoint("x")])], "y") }
    let cast = Node("i", "Cast", of: [Endpoint("x")], attributes: ["DstT": .type(TypeCode(.int32))])
    let gather = Node("y", "GatherNd", of: [Endpoint("one"), Endpoint("i")])
    #expect(throws: KernelError.self) {
      try run(empty + [cast, Node("one", constant: .float(1)), gather], "y")
    }
  }

  @Test func oneHotTakesOneValueEach() throws {
    let nodes =
      try [
        HostileGraphsTests.longs("i", [0, 1]), HostileGraphsTests.scalar("depth", 3),
        Node("on", constant: .float(1)),
      ] + HostileGraphsTests.filled("off", [8])
    let node = Node("y", "OneHot", of: [Endpoint("i"), Endpoint("depth"), Endpoint("on"), Endpoint("off")])
    #expect(throws: KernelError.self) { try run(nodes + [node], "y") }
  }

  @Test func integersWrapAsInC() throws {
    let values = try HostileGraphsTests.longs("x", [300, -1, 5, 256, 511])
    for (first, types) in [("int64", [DType.uint8]), ("int32", [.int32, .uint8])] {
      var nodes = [values]
      for (number, type) in types.enumerated() {
        let source = number == 0 ? "x" : "c\(number - 1)"
        nodes.append(
          Node("c\(number)", "Cast", of: [Endpoint(source)], attributes: ["DstT": .type(TypeCode(type))]))
      }
      let result = try run(nodes, "c\(types.count - 1)")
      #expect(result.array(of: UInt8.self) == [44, 255, 5, 0, 255], "\(first)")
    }
  }

  /// A few bytes that stand for that many float32 ones.
  private static func ones(_ name: String, _ count: Int) -> Node {
    var tensor = EncodedTensor(.float(1))
    // DT_FLOAT; a shape of one dimension; one value in float_val.
    tensor.bytes = [8, 1, 0x12]
    var dimension: [UInt8] = [8]
    dimension.append(varint: count)
    tensor.bytes += [UInt8(dimension.count + 2), 0x12, UInt8(dimension.count)] + dimension
    tensor.bytes += [0x2a, 4, 0, 0, 0x80, 0x3f]
    return Node(name, "Const", attributes: ["dtype": .type(TypeCode(.float32)), "value": .tensor(tensor)])
  }

  @Test func constantsTogetherAreBounded() throws {
    #expect(try run([Self.ones("c", 5)], "c").array(of: Float.self) == [1, 1, 1, 1, 1])
    // A thousand times half a GiB, in 40 kB of file; each is small enough for itself.
    let nodes = (0..<1000).map { Self.ones("c\($0)", 1 << 27) }
    let all = Node("y", "AddN", of: nodes.map { Endpoint($0.name) })
    let error = #expect(throws: KernelError.self) { try run(nodes + [all], "y") }
    #expect(error?.problem == "its 536870912 bytes are too many: all constants of a graph may have 2147483647")
    #expect(error?.place == .node("c3"))
    // What is not needed counts nothing.
    let fetched = try run(nodes + [all, Self.ones("small", 3)], "small")
    #expect(fetched.elementCount == 3)
  }

  @Test func listsOfStringsAreBounded() throws {
    let nodes = [
      Node("word", constant: .string("a")), Node("axis", constant: .int32(0)),
      try Self.longs("few", [3]), try Self.longs("many", [1 << 23]),
      Node("x", "Fill", of: [Endpoint("few"), Endpoint("word")]),
      Node("y", "Fill", of: [Endpoint("many"), Endpoint("word")]),
      Node("xx", "ConcatV2", of: [Endpoint("x"), Endpoint("x"), Endpoint("axis")]),
      Node("yyy", "ConcatV2", of: [Endpoint("y"), Endpoint("y"), Endpoint("y"), Endpoint("axis")]),
    ]
    #expect(try run(nodes, "xx").strings.count == 6)
    let error = #expect(throws: KernelError.self) { try run(nodes, "yyy") }
    #expect(error?.problem == "[25165824] strings are too many")
  }

  @Test func memoryOfOthersCountsAsThePools() throws {
    let pool = BufferPool()
    var count = 0
    let error = #expect(throws: KernelError.self) {
      while true {
        try pool.reserve(1 << 40)
        count += 1
      }
    }
    #expect(error?.kind == .io && count < 1 << 10)
    for _ in 0..<count { pool.release(1 << 40) }
    try pool.reserve(1 << 20)
  }

  @Test func anOutputWithTheLargestNumberIsNotThere() throws {
    // Lists of all outputs up to it would take 32 GiB.
    let last = Endpoint("c", Int(Int32.max))
    let error = #expect(throws: KernelError.self) {
      try run([Node("c", constant: .float(1)), Node("y", "Identity", of: [last])], "y")
    }
    #expect(error?.problem == "has no output 2147483647, but it is needed" && error?.place == .node("c"))
  }

  @Test func aPlaceholderThatIsNotFedIsNamed() throws {
    let error = #expect(throws: KernelError.self) { try run([Node("p", "Placeholder")], "p") }
    #expect(error?.place == .node("p"))
  }

  @Test func missingOperatorsAreListedBeforeAnythingRuns() throws {
    let nodes = [
      Node("a", "Frobnicate"), Node("b", "Frobnicate"), Node("c", "Twist", of: [Endpoint("a"), Endpoint("b")]),
    ]
    let error = #expect(throws: KernelError.self) { try run(nodes, "c") }
    #expect(error?.problem == "the graph needs operators that are not supported: Frobnicate (a, b); Twist (c)")
  }
}
