import Bytes
import Graphs
import Tensors
import TestSupport
import Testing

/// Damaged graphs: each gives a clean error or a graph that can be worked with, whatever the damage.
@Suite struct MutationTests {
  /// Everything that looks at a graph.
  private func exercise(_ bytes: [UInt8], editing: Bool = true) throws {
    var meta = try MetaGraph(decoding: ByteView(bytes), path: "mutant.meta")
    _ = try meta.graph.topologicalOrder()
    if !editing { return }
    _ = try meta.encoded()
    _ = try meta.variables()
    _ = try GraphSummary(meta)
    try meta.pruneToInference()
    meta = try meta.scoped(under: "S")
    try meta.replaceReads(try meta.savedVariables().map { ReadReplacement($0.node, .narrow(.half)) })
  }

  @Test(arguments: [("ref_a_pruned.meta", 7000), ("framelogistic.meta", 3500), ("lstm2.meta", 150)])
  func damageIsRefusedOrHarmless(name: String, count: Int) throws {
    let original = fixtureBytes("graphs/" + name)
    var random = SplitMix(seed: UInt64(original.count))
    var refused = 0
    for number in 0..<count {
      do { try exercise(random.damage(original), editing: number % 4 == 0) } catch let error as KernelError {
        refused += 1
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(refused > count / 10)
  }

  @Test func everyTruncationIsRefusedOrShort() throws {
    let original = fixtureBytes("graphs/ref_a_pruned.meta")
    for length in stride(from: 0, to: original.count, by: 13) {
      do { try exercise(Array(original[..<length])) } catch let error as KernelError {
        #expect(error.kind == .badData && error.source == "mutant.meta" || error.source.isEmpty)
      }
    }
  }

  @Test func deepNestingIsRefused() throws {
    // Conditionals within conditionals, in the collection whose messages may nest.
    func nested(_ depth: Int) -> [UInt8] {
      var context: [UInt8] = [10, 1, 0x63]
      for _ in 0..<depth {
        var inner: [UInt8] = [10]
        inner.append(varint: context.count)
        inner += context
        context = [10, 1, 0x63, 50]
        context.append(varint: inner.count)
        context += inner
      }
      return context
    }
    var meta = try Expected.graph("framelogistic.meta")
    meta.collections["cond_context"] = .bytes([nested(10)])
    _ = try meta.scoped(under: "S")
    meta.collections["cond_context"] = .bytes([nested(100_000 / 4)])
    #expect(throws: KernelError.self) { try meta.scoped(under: "S") }
  }

  @Test func manyEmptyMessagesAreRefused() throws {
    // Two bytes a node, which would take over a hundred in memory.
    let nodes = 4_000_000
    var bytes: [UInt8] = [18]
    bytes.append(varint: 2 * nodes)
    bytes += (0..<(2 * nodes)).map { $0 % 2 == 0 ? 10 : 0 }
    #expect {
      try MetaGraph(decoding: ByteView(bytes), path: "bomb.meta")
    } throws: { error in (error as? KernelError)?.problem.contains("bytes of memory") == true }
  }

  @Test func largeGraphsAreNoBombs() throws {
    // A constant of 40 MB, and very many collections: neither is refused, and neither takes long.
    var meta = try Expected.graph("framelogistic.meta")
    let shape = try #require(Shape([10_000_000]))
    let zeros = try #require(TensorValue(.float32, shape, bytes: [UInt8](repeating: 0, count: 40_000_000)))
    try meta.graph.insert(Node("large", constant: zeros))
    #expect(try MetaGraph(decoding: ByteView(meta.encoded()), path: "large.meta") == meta)
    var bytes: [UInt8] = []
    for number in 0..<100_000 {
      let name = Array("c\(number)".utf8)
      bytes += [34, UInt8(name.count + 2), 10, UInt8(name.count)] + name
    }
    #expect(try MetaGraph(decoding: ByteView(bytes), path: "many.meta").collections.count == 100_000)
  }

  @Test func messagesGivenTwiceAreRefused() throws {
    #expect(throws: KernelError.self) {
      try MetaGraph(decoding: ByteView([18, 0, 18, 0]), path: "twice.meta")
    }
    #expect(throws: KernelError.self) { try MetaGraph(decoding: ByteView([]), path: "empty.meta") }
  }
}
