import Bytes
import Graphs
import Testing

/// Names under a scope, against what `import_meta_graph(import_scope="S")` makes of them.
@Suite struct ScopeTests {
  @Test(arguments: Expected.names.filter { $0.hasSuffix(".meta") })
  func namesAreThoseOfTensorFlow(name: String) throws {
    let scoped = try Expected.graph(name).scoped(under: "S")
    let facts = try #require(try Expected.facts(name)["scoped"] as? [String: Any])
    let lines = scoped.graph.nodes.map { node in
      let inputs = node.inputs.map(\.description).joined(separator: " ")
      let colocations = node.colocations.map { "loc:@" + $0 }.sorted().joined(separator: " ")
      return "\(node.name) \(node.op) \(inputs) \(colocations)"
    }
    #expect(try Expected.digest(lines.sorted()) == facts["nodes"] as? String)
    #expect(scoped.saver?.restoreNode == facts["saver"] as? String)
    let variables = facts["variables"] as? [[String]] ?? []
    #expect(try scoped.variableDefinitions().map { [$0.variable, $0.initializer] } == variables)
  }

  @Test func whatWouldBeSharedIsNot() throws {
    let scoped = try Expected.graph("res_a.meta").scoped(under: "S", sharing: ["input_batch_raw"])
    let handles = scoped.graph.nodes.filter { $0.op == "VarHandleOp" }
    #expect(!handles.isEmpty)
    for handle in handles { #expect(handle.attributes.bytes("shared_name") == Array(handle.name.utf8)) }
    #expect(scoped.graph.contains("input_batch_raw") && !scoped.graph.contains("S/input_batch_raw"))
    #expect(scoped.names(in: "input_batch_raw") == ["input_batch_raw:0"])
    try scoped.graph.checkInputs()
    let loops = try Expected.graph("lstm2.meta").scoped(under: "a/b")
    let enters = loops.graph.nodes.filter { $0.op == "Enter" }
    #expect(!enters.isEmpty)
    for enter in enters { #expect(enter.attributes.bytes("frame_name")?.starts(with: Array("a/b/".utf8)) == true) }
  }

  @Test func keysOfTheCheckpointStay() throws {
    let plain = try Expected.graph("shard_a.meta")
    let scoped = try plain.scoped(under: "S")
    #expect(try scoped.savedVariables().map(\.key) == plain.savedVariables().map(\.key))
    #expect(try scoped.savedVariables().map(\.node) == plain.savedVariables().map { "S/" + $0.node })
  }

  @Test func scopesMustBeNames() throws {
    let meta = try Expected.graph("framelogistic.meta")
    for scope in ["", "/a", "a/", "-a", "a b", "ä", "a\n"] {
      #expect(throws: KernelError.self) { try meta.scoped(under: scope) }
    }
  }

  @Test func singleNodesAreRenamedEverywhere() throws {
    let meta = try Expected.graph("ref_a.meta").renamingNodes(["input_batch_raw": "CommonIn"])
    #expect(meta.names(in: "input_batch_raw") == ["CommonIn:0"])
    try meta.graph.checkInputs()
  }
}
