import Bytes
import Graphs
import Tensors
import TestSupport
import Testing

/// Rewrites by what must hold of the graphs they make; `make interop` lets TensorFlow run such graphs.
@Suite struct RewriteTests {
  private static let weights = ["tower/experts/weights", "tower/gates/weights"]

  private func pruned(_ name: String) throws -> MetaGraph {
    var meta = try Expected.graph(name)
    try meta.pruneToInference()
    return meta
  }

  /// The graph is whole, and what it restores are its variables.
  private func check(_ meta: MetaGraph, keys: [String]) throws {
    try meta.graph.checkInputs()
    _ = try meta.graph.topologicalOrder()
    for node in meta.graph.nodes { for name in node.colocations { #expect(meta.graph.contains(name)) } }
    #expect(try meta.savedVariables().map(\.key) == keys.sorted())
    #expect(Set(try meta.variables().map(\.key)) == Set(keys))
    #expect(try MetaGraph(decoding: ByteView(meta.encoded()), path: "again") == meta)
  }

  @Test func prunedGraphsHaveTheNodesOfTheReference() throws {
    // Made from the same graph by an independent program that edits the messages in Python.
    let reference = try Expected.graph("ref_a_pruned.meta")
    let ours = try pruned("ref_a.meta")
    let ownNodes = { (meta: MetaGraph) in Set(meta.graph.nodes.map(\.name).filter { !$0.hasPrefix("save/") }) }
    #expect(ownNodes(ours) == ownNodes(reference))
    #expect(try ours.savedVariables() == reference.savedVariables())
    #expect(Set(ours.collections.names) == Set(reference.collections.names))
    try check(ours, keys: ["global_step", "tower/experts/biases"] + RewriteTests.weights)
  }

  @Test(arguments: ["ref_a.meta", "res_a.meta", "shard_a.meta"])
  func rebuiltSaversRestoreTheSame(name: String) throws {
    var meta = try Expected.graph(name)
    let saved = try meta.savedVariables()
    try meta.rebuildSaver(for: saved)
    #expect(try meta.savedVariables() == saved)
    #expect(meta.saver?.restoreNode == "save/restore_all" && meta.saver?.isSharded == false)
    #expect(meta.graph.nodes.count { $0.op == "SaveV2" } == 1)
    try check(meta, keys: saved.map(\.key))
    #expect(throws: KernelError.self) { try meta.rebuildSaver(for: saved + saved.prefix(1)) }
  }

  @Test(arguments: ["ref_a.meta", "res_a.meta"]) func float16HasTheNamesOfTheReference(name: String) throws {
    var meta = try pruned(name)
    let fresh = try meta.replaceReads(RewriteTests.weights.map { ReadReplacement($0, .narrow(.half)) })
    #expect(fresh.map(\.node) == RewriteTests.weights.map { $0 + "float16" })
    #expect(fresh.allSatisfy { $0.type == TypeCode(.half) })
    try check(meta, keys: ["global_step", "tower/experts/biases"] + fresh.map(\.node))
    for name in RewriteTests.weights { #expect(!meta.graph.contains(name)) }
  }

  @Test func codebooksHaveTheNamesOfTheReference() throws {
    // Names as in what the published quantize.py made of such a graph.
    var meta = try pruned("framelogistic.meta")
    let weights = "tower/fully_connected/weights"
    let shape = try #require(meta.variables().first { $0.node == weights }?.shape)
    let users = meta.graph.consumers().nodes(using: weights + "/read").map(\.name)
    let fresh = try meta.replaceReads([ReadReplacement(weights, .codebook(256))])
    #expect(fresh.map(\.node) == [weights + "_quants", weights + "_space"])
    #expect(fresh[0].shape == shape && fresh[0].type == TypeCode(.uint8))
    #expect(fresh[1].shape == PartialShape([256]))
    let gather = try #require(meta.graph["GatherV2"])
    #expect(gather.op == "GatherV2")
    #expect(gather.inputs.map(\.description) == [weights + "_space/read", "Cast_1", "GatherV2/axis"])
    #expect(meta.graph["Cast_1"]?.dataInputs == [Endpoint(weights + "_quants/read")])
    #expect(meta.graph.consumers().nodes(using: "GatherV2").map(\.name) == users)
    #expect(meta.graph.contains("zeros") && meta.graph.contains("zeros_1"))
  }

  @Test func originalsMayStay() throws {
    var meta = try pruned("ref_a.meta")
    let replacement = ReadReplacement("tower/gates/weights", .narrow(.bfloat16))
    try meta.replaceReads([replacement], keepingOriginals: true)
    #expect(meta.graph.contains("tower/gates/weights"))
    #expect(meta.graph.contains("tower/gates/weightsbfloat16"))
    #expect(try meta.savedVariables().map(\.key).contains("tower/gates/weights") == false)
    try meta.graph.checkInputs()
  }

  @Test(arguments: ["ref_a.meta", "res_a.meta"]) func narrowingKeepsNames(name: String) throws {
    var meta = try pruned(name)
    let before = try meta.savedVariables()
    try meta.narrowVariables(RewriteTests.weights, to: .half)
    try check(meta, keys: before.map(\.key))
    for variable in try meta.savedVariables() {
      let isNarrow = RewriteTests.weights.contains(variable.node)
      #expect(variable.type == (isNarrow ? TypeCode(.half) : before.first { $0.node == variable.node }?.type))
    }
    let definition = try #require(meta.variableDefinitions().first { $0.node == RewriteTests.weights[0] })
    let read = try #require(Endpoint(parsing: definition.snapshot).flatMap { meta.graph[$0.node] })
    #expect(read.op == "Cast" && read.attributes.type("DstT") == TypeCode(.float32))
  }

  @Test func trainingGraphsAreRefusedByName() throws {
    var meta = try Expected.graph("ref_a.meta")
    let untouched = meta
    #expect {
      try meta.replaceReads([ReadReplacement("tower/gates/weights", .codebook(16))])
    } throws: { error in
      let error = error as? KernelError
      return error?.place == .node("tower/gates/weights") && error?.problem.contains("ApplyAdam") == true
    }
    meta = untouched
    for (name, storage) in [
      ("nowhere", ReadReplacement.Storage.codebook(16)), ("global_step", .codebook(16)),
      ("tower/gates/weights", .codebook(257)), ("tower/gates/weights", .narrow(.int32)),
    ] {
      var copy = try pruned("ref_a.meta")
      #expect(throws: KernelError.self) { try copy.replaceReads([ReadReplacement(name, storage)]) }
    }
  }

  @Test func placeholdersAreConnected() throws {
    var meta = try pruned("framelogistic.meta")
    let input = try meta.tensor(in: "input_batch_raw")
    let shape = try #require(meta.graph[input.node]?.attributes.shape("shape"))
    let users = meta.graph.consumers().nodes(using: input.node).map(\.name)
    try meta.addPlaceholder("CommonIn", TypeCode(.float32), shape)
    try meta.connect([input: Endpoint("CommonIn")])
    #expect(meta.graph.consumers().nodes(using: "CommonIn").map(\.name) == users)
    #expect(meta.graph.consumers().nodes(using: input.node).isEmpty)
    try meta.addPlaceholder("Wrong", TypeCode(.int32), shape)
    #expect(throws: KernelError.self) { try meta.connect([input: Endpoint("Wrong")]) }
    try meta.addPlaceholder("Flat", TypeCode(.float32), PartialShape([3]))
    #expect(throws: KernelError.self) { try meta.connect([input: Endpoint("Flat")]) }
    #expect(throws: KernelError.self) { try meta.connect([Endpoint("CommonIn"): Endpoint("nowhere")]) }
    #expect(throws: KernelError.self) { try meta.tensor(in: "no such collection") }
  }
}
