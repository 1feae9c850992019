import Bytes
import Graphs
import Testing

/// Looking around in a graph, and changing it.
@Suite struct StructureTests {
  private func graph(_ lines: [String]) throws -> Graph {
    try Graph(
      lines.map { line in
        let words = line.split(separator: " ").map(String.init)
        return Node(words[0], words[1], words.dropFirst(2).compactMap(NodeInput.init(parsing:)))
      })
  }

  private func problem(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
  }

  @Test func inputsAreParsed() {
    #expect(NodeInput(parsing: "a/b") == .data(Endpoint("a/b")))
    #expect(NodeInput(parsing: "a/b:2") == .data(Endpoint("a/b", 2)))
    #expect(NodeInput(parsing: "a/b:0")?.description == "a/b")
    #expect(NodeInput(parsing: "^a") == .control("a"))
    for text in ["", "^", "a:", ":1", "a:x", "a:-1", "a:99999999999", "^a:", "^^"] {
      #expect(NodeInput(parsing: text)?.endpoint == nil, "\(text)")
    }
  }

  @Test func nodesFollowTheirInputs() throws {
    let graph = try graph(["c Add a b:1 ^d", "b Split a", "a Const", "d NoOp"])
    #expect(try graph.topologicalOrder().map { graph.nodes[$0].name } == ["a", "b", "d", "c"])
    #expect(graph.consumers().nodes(using: "a").map(\.name) == ["c", "b"])
    #expect(graph.consumers().nodes(using: "d").map(\.name) == ["c"])
  }

  @Test func loopsPassThroughNextIterationOnly() throws {
    let loop = ["e Enter a", "m Merge e n", "n NextIteration m", "a Const"]
    #expect(try graph(loop).topologicalOrder().count == 4)
    let cycle = try graph(["a Const", "b Add a d", "c Neg b", "d Neg c", "e Neg d"])
    let found = problem { _ = try cycle.topologicalOrder() }
    #expect(["node b", "node c", "node d"].contains { found == $0 + ": its inputs depend on itself" })
    #expect(problem { _ = try graph(["m Add m"]).topologicalOrder() } == "node m: its inputs depend on itself")
  }

  @Test func loopsOfTensorFlowHaveAnOrder() throws {
    let graph = try Expected.graph("lstm2.meta").graph
    var seen: Set<String> = []
    for position in try graph.topologicalOrder() {
      let node = graph.nodes[position]
      for input in node.inputs where !(node.op == "Merge" && graph[input.node]?.op == "NextIteration") {
        #expect(seen.contains(input.node))
      }
      seen.insert(node.name)
    }
    #expect(seen.count == graph.nodes.count)
  }

  @Test func inputsFromNowhereAreNamed() throws {
    let dangling = try graph(["a Neg b:1"])
    let expected = "node a: its input b:1 comes from no node of the graph"
    #expect(problem { try dangling.checkInputs() } == expected)
    #expect(problem { _ = try dangling.topologicalOrder() } == expected)
    #expect(problem { _ = try dangling.ancestors(of: ["a"]) } == expected)
    let disorder = try graph(["a Const", "b Neg ^a a"])
    #expect(problem { try disorder.checkInputs() } == "node b: its input a follows a control input")
    #expect(problem { _ = try graph(["a Const", "a Const"]) } == "node a: a second node has this name")
  }

  @Test func pruningKeepsWhatIsNeeded() throws {
    var graph = try graph(["a Const", "b Neg a", "c Neg b ^d", "d NoOp", "e Neg c"])
    try graph.update("b") { $0.attributes["_class"] = .texts(["loc:@e", "loc:@a"]) }
    try graph.prune(to: ["c"])
    #expect(graph.nodes.map(\.name) == ["a", "b", "c", "d"])
    #expect(graph["b"]?.colocations == ["a"])
    #expect(try graph.ancestors(of: ["c"], feeding: ["b"]) == ["b", "c", "d"])
    #expect(problem { try graph.prune(to: ["x"]) } == "node x: does not exist in the graph")
  }

  @Test func editsAreChecked() throws {
    var graph = try graph(["a Const", "b Neg a", "c Neg b"])
    #expect(problem { try graph.remove(["a"]) } == "node b: needs a, which is to be removed")
    #expect(problem { try graph.insert(Node("a", "Const")) } == "node a: a node has this name already")
    #expect(problem { try graph.rename(["x": "y"]) } == "node x: does not exist in the graph")
    #expect(problem { try graph.rename(["a": "b"]) } == "node b: a second node has this name")
    #expect(problem { try graph.redirect([Endpoint("a"): Endpoint("z")]) } == "node z: does not exist in the graph")
  }

  @Test func namesAndTensorsChangeEverywhere() throws {
    var graph = try graph(["a Const", "b Neg a", "c Add b b:1 ^a"])
    try graph.update("c") { $0.attributes["_class"] = .texts(["loc:@a"]) }
    try graph.rename(["a": "x"])
    #expect(graph["c"]?.inputs.map(\.description) == ["b", "b:1", "^x"])
    #expect(graph["c"]?.colocations == ["x"])
    #expect(graph["b"]?.dataInputs == [Endpoint("x")])
    try graph.redirect([Endpoint("b"): Endpoint("x")], except: [])
    #expect(graph["c"]?.inputs.map(\.description) == ["x", "b:1", "^x"])
    try graph.remove(["c"])
    #expect(graph.nodes.map(\.name) == ["x", "b"])
    #expect(graph.uniqueName("x") == "x_1")
  }
}
