import Graphs
import Tensors

/// Changes to a graph, field by field, that leave it a message that decodes: what a careless program would write, or a
/// hostile one.
public struct GraphMutator {
  /// What a node's operator may become, beside the operators of other nodes.
  private let operators: [String]

  public init(operators: some Sequence<String> = []) { self.operators = operators.sorted() }

  /// Changes one node, or, one time in four, what belongs to the graph: a collection, the saver, a signature.
  ///
  /// - Throws: what the graph throws when names clash.
  public func mutate(_ meta: inout MetaGraph, using random: inout SplitMix) throws {
    if Int.random(in: 0..<4, using: &random) == 0 {
      MetaMutation.apply(to: &meta, using: &random)
      return
    }
    var graph = try Graph(mutated(meta.graph.nodes, using: &random))
    graph.versions = meta.graph.versions
    graph.other = meta.graph.other
    meta.graph = graph
  }

  /// The nodes with one change.
  public func mutated(_ nodes: [Node], using random: inout SplitMix) -> [Node] {
    var nodes = nodes
    guard let position = nodes.indices.randomElement(using: &random),
      let other = nodes.randomElement(using: &random)
    else { return nodes }
    var node = nodes[position]
    let input = node.inputs.indices.randomElement(using: &random)
    switch Int.random(in: 0..<15, using: &random) {
    case 0:
      let output = [0, 1, 2, 3, 1 << 20, Int(Int32.max)].randomElement(using: &random) ?? 0
      if let input { node.inputs[input] = .data(Endpoint(other.name, output)) }
    case 1: if let input { node.inputs.remove(at: input) }
    case 2: node.inputs.append(.data(Endpoint(other.name)))
    case 3: node.op = operators.randomElement(using: &random) ?? other.op
    case 4: node.op = other.op
    case 5: node.inputs.shuffle(using: &random)
    case 6: if let input { node.inputs[input] = .control(node.inputs[input].node) }
    case 7: node.inputs.insert(.data(Endpoint(node.name)), at: 0)
    case 8: node.name = [other.name + "/renamed", "é\u{0}", "a:0", "^a"].randomElement(using: &random) ?? ""
    case 9:
      nodes.remove(at: position)
      return nodes
    case 10:
      guard let entry = other.attributes.entries.randomElement(using: &random) else { break }
      node.attributes[entry.name] = entry.value
    default: AttributeMutation.apply(to: &node.attributes, in: node.name, using: &random)
    }
    nodes[position] = node
    return nodes
  }
}

/// Changes to the attributes of a node.
enum AttributeMutation {
  private static let integers = [
    -1, 0, 1, 2, 3, 7, 31, 255, 1 << 20, 1 << 31, 1 << 40, 1 << 62, -2, -1 << 31, Int.min, Int.max,
  ]

  static func apply(to attributes: inout Attributes, in node: String, using random: inout SplitMix) {
    guard let name = attributes.names.randomElement(using: &random) else { return }
    let integer = integers.randomElement(using: &random) ?? 0
    // Now and then a value of another kind than the operator knows.
    let kinds: [AttributeValue] = [
      .int(integer), .bool(true), .float(0.5), .type(TypeCode(.int32)), .shape(.scalar), .text("x"), .list(.empty),
      .list(.ints([integer, 1])), .other([]), .function([10, 1, 0x66]), .tensor(EncodedTensor(.float(1))),
    ]
    if Int.random(in: 0..<5, using: &random) == 0 {
      attributes[name] = kinds.randomElement(using: &random)
      return
    }
    switch attributes[name] {
    case .int: attributes[name] = .int(integer)
    case .bool(let value): attributes[name] = .bool(!value)
    case .float: attributes[name] = .float([0, -1, .nan, .infinity, 1e30].randomElement(using: &random) ?? 0)
    case .type: attributes[name] = .type(TypeCode(rawValue: Int32.random(in: -1...125, using: &random)))
    case .shape:
      let shapes: [[Int]?] = [[], [integer], [3, -1], [1 << 31, 1 << 31, 4], [0, integer], nil]
      attributes[name] = .shape(PartialShape(shapes.randomElement(using: &random) ?? nil))
    case .tensor(let encoded): attributes[name] = .tensor(mutated(encoded, of: node, integer, &random))
    case .bytes(let bytes): attributes[name] = .bytes(random.damage(bytes + [0x31]))
    case .list(.bytes(let items)):
      attributes[name] = .list(.bytes(items.map { random.damage($0 + [0x31]) } + [Array("loc:@gone".utf8)]))
    case .list(.ints(let values)): attributes[name] = .list(.ints(values.shuffled(using: &random) + [integer]))
    case .list(.types(let types)): attributes[name] = .list(.types(Array(types.dropFirst())))
    case .list(.shapes(let shapes)): attributes[name] = .list(.shapes(shapes + [PartialShape([integer])]))
    default: attributes[name] = nil
    }
  }

  private static func mutated(
    _ encoded: EncodedTensor, of node: String, _ integer: Int, _ random: inout SplitMix
  ) -> EncodedTensor {
    guard let value = try? encoded.decoded(of: node), let integers = value.integers, !integers.isEmpty else {
      var damaged = encoded
      damaged.bytes = random.damage(encoded.bytes)
      return damaged
    }
    var bytes = value.bytes
    let unit = value.bytes.count / integers.count
    let place = Int.random(in: integers.indices, using: &random) * unit
    for byte in 0..<unit { bytes[place + byte] = UInt8(truncatingIfNeeded: integer >> (8 * byte)) }
    let shape = Bool.random(using: &random) ? value.shape : Shape([1, integers.count]) ?? value.shape
    return TensorValue(value.dtype, shape, bytes: bytes).map(EncodedTensor.init) ?? encoded
  }
}

/// Changes to what belongs to a graph.
enum MetaMutation {
  static func apply(to meta: inout MetaGraph, using random: inout SplitMix) {
    let node = meta.graph.nodes.randomElement(using: &random)?.name ?? ""
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let names = [node, "gone:0", ":", "", "^" + node]
      meta.saver?.filenameTensor = names.randomElement(using: &random) ?? ""
      meta.saver?.saveTensor = names.randomElement(using: &random) ?? ""
    case 1: meta.saver?.restoreNode = node
    case 2: meta.saver = nil
    case 3: meta.signatures = [:]
    default: collection(of: &meta, node, &random)
    }
  }

  private static func collection(of meta: inout MetaGraph, _ node: String, _ random: inout SplitMix) {
    guard let name = meta.collections.names.randomElement(using: &random) else { return }
    let place = Int.random(in: 0..<1000, using: &random)
    switch meta.collections[name] {
    case .names(var names)? where !names.isEmpty && place % 4 != 0:
      let texts = [node, node + ":0", node + ":7", "gone:0", ":0", "", "\u{0}"]
      names[place % names.count] = texts.randomElement(using: &random) ?? ""
      meta.collections[name] = .names(names)
    case .bytes(var items)? where !items.isEmpty && place % 4 != 0:
      items[place % items.count] = random.damage(items[place % items.count])
      meta.collections[name] = .bytes(items)
    default:
      let kinds: [Collection?] = [
        nil, Collection.none, .names([]), .names([node, node]), .bytes([[]]), .bytes([[0xff]]), .ints([-1]),
        .any([1]),
      ]
      meta.collections[name] = kinds.randomElement(using: &random) ?? nil
    }
  }
}
