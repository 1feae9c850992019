import Bytes
import Graphs
import TestSupport
import Testing

/// Graphs that TensorFlow wrote, read and written again.
@Suite struct CodecTests {
  @Test(arguments: Expected.names) func nodesAreWhatTensorFlowReads(name: String) throws {
    let meta = try Expected.graph(name)
    let facts = try Expected.facts(name)
    #expect(meta.graph.nodes.count == facts["nodes"] as? Int)
    let lines = meta.graph.nodes.map {
      "\($0.name) \($0.op) \($0.inputs.map(\.description).joined(separator: " "))"
    }
    #expect(try Expected.digest(lines) == facts["lines"] as? String)
    #expect(meta.graph.nodes.map(\.attributes.count).reduce(0, +) == facts["attributes"] as? Int)
    var counts: [String: Int] = [:]
    for entry in meta.collections.entries {
      switch entry.value {
      case .names(let names): counts[entry.name] = names.count
      case .bytes(let items): counts[entry.name] = items.count
      case .any: counts[entry.name] = 1
      default: counts[entry.name] = -1
      }
    }
    #expect(counts == facts["collections"] as? [String: Int])
  }

  @Test(arguments: Expected.names) func constantsHaveTheirValues(name: String) throws {
    let meta = try Expected.graph(name)
    let constants = try Expected.facts(name)["constants"] as? [String: [Any]] ?? [:]
    #expect(!constants.isEmpty)
    for (name, expected) in constants {
      let value = try #require(meta.graph[name]?.attributes.tensor("value")).decoded(of: name)
      #expect(value.shape.dimensions == expected[0] as? [Int])
      var bytes = value.bytes
      for string in value.strings {
        bytes.append(fixed64: UInt64(string.count))
        bytes += string
      }
      #expect(try Expected.digest(bytes).hasPrefix(expected[1] as? String ?? "?"), "\(name)")
    }
  }

  @Test(arguments: Expected.names) func whatIsWrittenReadsTheSame(name: String) throws {
    let meta = try Expected.graph(name)
    let encoded = try meta.encoded()
    #expect(try MetaGraph(decoding: ByteView(encoded), path: "again") == meta)
    if name.hasSuffix(".meta") {
      // Only the order of fields may differ from what TensorFlow wrote.
      #expect(encoded.count == fixtureBytes("graphs/" + name).count)
    }
  }

  @Test func fieldsThatNobodyKnowsSurvive() throws {
    // Field 200 in each message: of the MetaGraphDef, the GraphDef, the node, its attribute, the saver.
    let unknown: [UInt8] = [0xc2, 0x0c, 3, 1, 2, 3]
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    let value = field(2, [0x61]) + unknown
    let node = field(1, [0x6e]) + field(2, [0x6f]) + field(5, field(1, [0x6b]) + field(2, value)) + unknown
    let file = field(2, field(1, node) + unknown) + field(3, field(1, [0x66]) + unknown) + unknown
    let meta = try MetaGraph(decoding: ByteView(file), path: "made")
    #expect(meta.graph["n"]?.attributes.count == 1)
    #expect(try meta.encoded() == file)
  }

  @Test func textIsRefusedWithAHint() {
    for text in ["meta_info_def {\n}", "# comment\ngraph_def {", "graph_def: <>"] {
      #expect {
        try MetaGraph(decoding: ByteView(Array(text.utf8)), path: "a.meta")
      } throws: { error in
        (error as? KernelError)?.description == "a.meta: is a graph as text; only binary ones are read"
      }
    }
  }

  @Test func aSavedModelIsWrittenAsAGraph() throws {
    let folder = TemporaryFolder()
    let meta = try Expected.graph("half_plus_two/saved_model.pb")
    try meta.write(to: folder("a.meta"))
    #expect(try MetaGraph(reading: folder("a.meta")) == meta)
    #expect(meta.signatures["serving_default"] != nil)
    #expect(throws: KernelError.self) { try meta.write(to: folder("a.meta")) }
  }
}
