import Bytes
import Graphs
import TestSupport
import Testing

/// Which tensors of a checkpoint a graph's variables are.
@Suite struct VariableTests {
  /// The names in `ref_a`'s checkpoint, which TensorFlow wrote with the graph.
  private static let keys = [
    "beta1_power", "beta2_power", "global_step", "tower/experts/biases", "tower/experts/biases/Adam",
    "tower/experts/biases/Adam_1", "tower/experts/weights", "tower/experts/weights/Adam",
    "tower/experts/weights/Adam_1", "tower/gates/weights", "tower/gates/weights/Adam", "tower/gates/weights/Adam_1",
  ]

  @Test(arguments: ["ref_a.meta", "res_a.meta", "shard_a.meta"])
  func savedVariablesAreThoseOfTheCheckpoint(name: String) throws {
    let meta = try Expected.graph(name)
    let saved = try meta.savedVariables()
    #expect(saved.map(\.key) == VariableTests.keys)
    #expect(saved.map(\.node) == VariableTests.keys)
    #expect(saved.allSatisfy { $0.isResource == (name == "res_a.meta") && $0.slice.isEmpty })
    #expect(Set(try meta.variables().map(\.key)) == Set(VariableTests.keys))
    #expect(saved.first { $0.key == "global_step" }?.shape == .scalar)
  }

  @Test func withoutASaverTheDefinitionsTell() throws {
    var meta = try Expected.graph("ref_a.meta")
    meta.saver = nil
    #expect(try meta.savedVariables().isEmpty)
    #expect(Set(try meta.variables().map(\.key)) == Set(VariableTests.keys))
    meta = try Expected.graph("ref_a.meta")
    meta.collections = [:]
    #expect(try meta.variables().map(\.key) == VariableTests.keys)
  }

  @Test func partsHaveTheKeyOfTheWhole() throws {
    let meta = try MetaGraph(reading: fixture("tf1/part_single-5.meta"))
    let parts = try meta.savedVariables().filter { !$0.slice.isEmpty }
    #expect(parts.count > 1)
    var alone = meta
    alone.saver = nil
    let defined = try alone.variables()
    for part in parts {
      let same = try #require(defined.first { $0.node == part.node })
      #expect(same.key == part.key && same.slice == part.slice)
    }
  }

  @Test func oldSaversAreUnderstood() throws {
    let meta = try MetaGraph(reading: fixture("tf1/v1.ckpt.meta"))
    #expect(try meta.savedVariables().count > 5)
  }

  @Test func saversThatAreNoneAreRefused() throws {
    var meta = try Expected.graph("ref_a.meta")
    meta.saver?.restoreNode = "nowhere"
    #expect(throws: KernelError(.badData, "", at: .node("nowhere"), "does not exist, but the saver names it")) {
      try meta.savedVariables()
    }
    meta = try Expected.graph("ref_a.meta")
    try meta.graph.update("save/RestoreV2/tensor_names") { node in
      node = Node(node.name, constant: .strings(["only"]))
    }
    #expect(throws: KernelError.self) { try meta.savedVariables() }
  }
}
