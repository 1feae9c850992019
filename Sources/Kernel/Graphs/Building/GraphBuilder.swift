import Bytes
import Tensors

/// Builds a graph node by node, and knows the type and shape of every tensor in it.
///
/// It is an object, since all layers of a model add to the same graph while they are nested in expressions. Names are
/// made unique as TensorFlow does: `MatMul`, `MatMul_1`, each under the scope that is open.
///
/// Operators that do not fit together throw ``KernelError`` `.badData` at the node that would have been made.
public final class GraphBuilder {
  /// What has been built.
  public package(set) var meta: MetaGraph
  /// The variables so far, in the order in which they were made.
  public internal(set) var variables: [BuiltVariable] = []
  private var tensors: [String: [GraphTensor]] = [:]
  private var scopes: [String] = []
  private var usedNames: [String: Int] = [:]
  private var controls: [String] = []
  /// The graph's seed, which random operators take in; without one they differ from run to run.
  public let seed: Int?

  public init(seed: Int? = nil) {
    self.seed = seed
    meta = MetaGraph()
    // The version in which TensorFlow 1.8 to 2.x read all operators that are made here.
    meta.graph.versions = GraphVersions(producer: 24, minimumConsumer: 12)
  }

  // MARK: Names

  /// The open scopes with a slash behind each; empty at the root.
  package var prefix: String { scopes.last.map { $0 + "/" } ?? "" }

  /// Builds what `body` builds with `name/` before its names; a second scope of that name is `name_1`.
  package func scope<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    scopes.append(unique(prefix + name))
    defer { scopes.removeLast() }
    return try body()
  }

  /// The same in a scope that exists already, which keeps its name.
  package func reopen<R>(_ scope: String, _ body: () throws -> R) rethrows -> R {
    scopes.append(scope)
    defer { scopes.removeLast() }
    return try body()
  }

  private func unique(_ name: String) -> String {
    guard let count = usedNames[name] else {
      usedNames[name] = 1
      return name
    }
    var number = count
    while usedNames["\(name)_\(number)"] != nil { number += 1 }
    usedNames[name] = number + 1
    usedNames["\(name)_\(number)"] = 1
    return "\(name)_\(number)"
  }

  /// Lets whatever `body` builds wait for these nodes.
  package func after<R>(_ nodes: [String], _ body: () throws -> R) rethrows -> R {
    let outer = controls
    controls += nodes
    defer { controls = outer }
    return try body()
  }

  // MARK: Nodes

  /// Adds a node of any kind.
  ///
  /// - Parameters:
  ///   - name: under the open scope; the operator's own by default.
  ///   - outputs: the type and extents of each of its outputs.
  /// - Returns: its outputs.
  @discardableResult package func node(
    _ op: String, _ inputs: [GraphTensor] = [], name: String? = nil, _ attributes: Attributes = [:],
    controls extra: [String] = [], outputs: [(DType, [Int])]
  ) throws -> [GraphTensor] {
    let own = unique(prefix + (name ?? op))
    let waits = (controls + extra).map { NodeInput.control($0) }
    try meta.graph.insert(
      Node(own, op, inputs.map { .data($0.endpoint) } + waits, attributes: attributes))
    let made = outputs.enumerated().map { GraphTensor(Endpoint(own, $0), $1.0, $1.1) }
    tensors[own] = made
    return made
  }

  /// Adds a node with one output, whose attribute `T` is `inputs`' type.
  package func simple(
    _ op: String, _ inputs: [GraphTensor], name: String? = nil, _ more: Attributes = [:], result: DType? = nil,
    to dimensions: [Int]
  ) throws -> GraphTensor {
    var attributes = more
    let type = inputs.first?.dtype ?? .float32
    attributes["T"] = .type(TypeCode(type))
    return try node(op, inputs, name: name, attributes, outputs: [(result ?? type, dimensions)])[0]
  }

  /// Adds a node without outputs that waits for others.
  ///
  /// - Returns: its name.
  package func group(_ nodes: [String], name: String) throws -> String {
    let own = unique(prefix + name)
    try meta.graph.insert(Node(own, "NoOp", nodes.map { .control($0) }))
    tensors[own] = []
    return own
  }

  /// The outputs of a node, in order.
  package func outputs(of node: String) -> [GraphTensor] { tensors[node] ?? [] }

  /// What is known of a tensor.
  ///
  /// - Throws: ``KernelError`` `.badData` when no such tensor was built here.
  package func tensor(_ endpoint: Endpoint) throws -> GraphTensor {
    guard let outputs = tensors[endpoint.node], outputs.indices.contains(endpoint.output) else {
      throw KernelError(.badData, "", at: .node(endpoint.node), "has no output \(endpoint.output) here")
    }
    return outputs[endpoint.output]
  }

  /// A complaint about a node that cannot be made of these tensors.
  package func misfit(_ op: String, _ inputs: [GraphTensor]) -> KernelError {
    KernelError(
      .badData, "", at: .node(prefix + op),
      "cannot be made of " + inputs.map(\.description).joined(separator: " and "))
  }

  // MARK: Sources

  /// A tensor that is given at every run.
  package func placeholder(_ name: String, _ dtype: DType, _ dimensions: [Int]) throws -> GraphTensor {
    try node(
      "Placeholder", name: name,
      ["dtype": .type(TypeCode(dtype)), "shape": .shape(PartialShape(dimensions))], outputs: [(dtype, dimensions)])[
        0]
  }

  /// A constant of any type and shape.
  package func constant(_ value: TensorValue, name: String? = nil) throws -> GraphTensor {
    try node(
      "Const", name: name,
      ["dtype": .type(TypeCode(value.dtype)), "value": .tensor(EncodedTensor(value))],
      outputs: [(value.dtype, value.shape.dimensions)])[0]
  }

  /// A number of float32.
  package func constant(_ value: Float, name: String? = nil) throws -> GraphTensor {
    try constant(.float(value), name: name)
  }

  /// A number of int32; one that does not fit throws.
  package func constant(_ value: Int, name: String? = nil) throws -> GraphTensor {
    try constant(.int32(try int32(value)), name: name)
  }

  /// A vector of int32: a shape, axes, a permutation.
  package func constant(_ values: [Int], name: String? = nil) throws -> GraphTensor {
    let bytes = try values.flatMap { value in withUnsafeBytes(of: try int32(value).littleEndian) { [UInt8]($0) } }
    guard let shape = Shape([values.count]), let value = TensorValue(.int32, shape, bytes: bytes) else {
      throw KernelError(.badData, "", at: .node(prefix + "Const"), "\(values.count) integers are too many")
    }
    return try constant(value, name: name)
  }

  private func int32(_ value: Int) throws -> Int32 {
    guard let small = Int32(exactly: value) else {
      throw KernelError(.badData, "", at: .node(prefix + "Const"), "\(value) is too large for TensorFlow")
    }
    return small
  }
}
