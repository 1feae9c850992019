import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

/// Graphs that are damaged in ways that still decode: running them must end, with a result or with one error.
///
/// `MUTATIONS=10000 swift test --filter MutatedGraphs` tries more of them.
struct MutatedGraphsTests {
  static let count = Int(ProcessInfo.processInfo.environment["MUTATIONS"] ?? "") ?? 40

  @Test(arguments: ["netvlad_gated_probgating", "lstmbidirect_logistic", "random_sequence_seed7", "netfv_coupled"])
  func end(name: String) throws {
    let model = try Model("models/graphs/" + name)
    // Only what predictions need, so that every mutation meets them.
    let fetch = try model.endpoint("predictions")
    var whole = model.meta
    let needed = try whole.graph.ancestors(of: [fetch.node])
    whole.graph = try Graph(whole.graph.nodes.filter { needed.contains($0.name) })
    let checkpoint = try openCheckpoint(fixture("models/graphs/\(name)/inference_model"))
    var feeds: [Endpoint: Tensor] = [:]
    for input in ["input_batch_raw", "num_frames"] {
      feeds[try model.endpoint(input)] = try model.arrays.tensor(input)
    }
    var random = SplitMix(seed: UInt64(name.utf8.count))
    var outcomes = (results: 0, errors: 0)
    for _ in 0..<MutatedGraphsTests.count {
      var meta = model.meta
      meta.graph = whole.graph
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        meta.graph = try Graph(Mutation.apply(to: meta.graph.nodes, using: &random))
      }
      do {
        let variables = try VariableStore(model.meta, checkpoint)
        _ = try Session(meta, path: name, variables: variables, seed: 1, workers: Workers(2)).run(
          [fetch], feeding: feeds)
        outcomes.results += 1
      } catch let error as KernelError {
        #expect(!error.problem.isEmpty)
        outcomes.errors += 1
      }
    }
    #expect(outcomes.results > 0)
    #expect(outcomes.errors > 0)
  }
}

/// One change to one node.
enum Mutation {
  static func apply(to nodes: [Node], using random: inout SplitMix) -> [Node] {
    var nodes = nodes
    let position = Int.random(in: nodes.indices, using: &random)
    var node = nodes[position]
    switch Int.random(in: 0..<7, using: &random) {
    case 0:
      if let input = node.inputs.indices.randomElement(using: &random) {
        node.inputs[input] = .data(
          Endpoint(nodes.randomElement(using: &random)?.name ?? "", Int.random(in: 0...2, using: &random)))
      }
    case 1:
      if let input = node.inputs.indices.randomElement(using: &random) { node.inputs.remove(at: input) }
    case 2:
      node.inputs.append(.data(Endpoint(nodes.randomElement(using: &random)?.name ?? "")))
    case 3: node.op = Operator.names.sorted().randomElement(using: &random) ?? node.op
    default: mutateAttribute(&node, &random)
    }
    nodes[position] = node
    return nodes
  }

  private static let integers = [
    -1, 0, 1, 2, 3, 7, 31, 255, 1 << 20, 1 << 31, 1 << 40, 1 << 62, -2, -1 << 31, Int.min, Int.max,
  ]

  private static func mutateAttribute(_ node: inout Node, _ random: inout SplitMix) {
    guard let name = node.attributes.names.randomElement(using: &random) else { return }
    let integer = integers.randomElement(using: &random) ?? 0
    switch node.attributes[name] {
    case .int: node.attributes[name] = .int(integer)
    case .bool(let value): node.attributes[name] = .bool(!value)
    case .float: node.attributes[name] = .float([0, -1, .nan, .infinity, 1e30].randomElement(using: &random) ?? 0)
    case .type: node.attributes[name] = .type(TypeCode(rawValue: Int32.random(in: 0...25, using: &random)))
    case .shape:
      node.attributes[name] = .shape(
        PartialShape([[], [integer], [3, -1], nil].randomElement(using: &random) ?? nil))
    case .tensor(let encoded):
      guard let value = try? encoded.decoded(of: node.name), let integers = value.integers, !integers.isEmpty else {
        node.attributes[name] = .tensor(EncodedTensor(.int32(Int32(truncatingIfNeeded: integer))))
        return
      }
      var bytes = value.bytes
      let unit = value.bytes.count / integers.count
      let place = Int.random(in: integers.indices, using: &random) * unit
      for byte in 0..<unit { bytes[place + byte] = UInt8(truncatingIfNeeded: integer >> (8 * byte)) }
      let shape = Bool.random(using: &random) ? value.shape : Shape([1, integers.count]) ?? value.shape
      if let changed = TensorValue(value.dtype, shape, bytes: bytes) {
        node.attributes[name] = .tensor(EncodedTensor(changed))
      }
    case .bytes: node.attributes[name] = .text("NCHW")
    default: node.attributes[name] = nil
    }
  }
}
