import Bytes
import Tensors

/// How a float32 variable is to be stored from now on, and be turned back into float32 where it is read.
public struct ReadReplacement: Equatable, Sendable {
  /// What is stored instead of float32 numbers.
  public enum Storage: Equatable, Sendable {
    /// Narrower floating-point numbers, read through a `Cast`.
    case narrow(DType)
    /// Codes of one byte each and that many float32 values that they stand for, read through a `GatherV2`.
    case codebook(Int)
    /// Codes of that many bits, fewer than 8, in the bytes of ``CodePlanes``, and 2^bits values.
    case packed(Int)
  }

  /// The variable's node.
  public var variable: String
  public var storage: Storage
  /// The name of what holds the narrow numbers or the codes.
  public var storedName: String
  /// The name of the codebook.
  public var codebookName: String

  /// A replacement with the names that the first-placed solution of 2018 uses (specs: miha2018 §4): `Xfloat16`, or
  /// `X_quants` and `X_space`.
  public init(_ variable: String, _ storage: Storage) {
    self.variable = variable
    self.storage = storage
    switch storage {
    case .narrow(let dtype): storedName = variable + dtype.name
    case .codebook, .packed: storedName = variable + "_quants"
    }
    codebookName = variable + "_space"
  }
}

extension MetaGraph {
  /// Lets everything that reads some float32 variables read them from narrower storage (specs: formats §9.1, §9.2;
  /// miha2018 §4). Variables by reference and resources are both understood; the new ones are held by reference.
  ///
  /// The saver is rebuilt: it no longer knows the old variables, and knows the new ones by their names. The old ones'
  /// nodes and definitions go, with what initialized them; `keepingOriginals` leaves them as the reference does, dead.
  ///
  /// - Returns: the new variables, in the order asked for, a codebook after its codes.
  /// - Throws: ``KernelError`` `.badData` at a node that is no float32 variable of known shape, or that uses one in
  ///   another way than by reading it (an optimizer: prune first); `.usage` when asked twice for the same.
  @discardableResult public mutating func replaceReads(
    _ replacements: [ReadReplacement], keepingOriginals: Bool = false
  ) throws -> [GraphVariable] {
    try wholly { try $0.replace(replacements, keepingOriginals) }
  }

  private mutating func replace(
    _ replacements: [ReadReplacement], _ keepingOriginals: Bool
  ) throws -> [GraphVariable] {
    let names = Set(replacements.map(\.variable))
    guard names.count == replacements.count else {
      throw KernelError(.usage, "", "a variable is to be replaced twice")
    }
    let saved = try saver == nil ? variables() : savedVariables()
    try removeSavers()
    let consumers = graph.consumers()
    var redirected: [Endpoint: Endpoint] = [:]
    var fresh: [GraphVariable] = []
    for replacement in replacements {
      let variable = try FloatVariable(replacement.variable, graph, consumers)
      let stored = try add(replacement, of: variable)
      fresh += stored.variables
      for read in variable.reads {
        redirected[Endpoint(read.name)] = try insertDecoder(replacement, stored.reads, variable.shape, for: read)
      }
      for enter in variable.enters where enter.dataInputs.first?.node == variable.node.name {
        try carry(try insertDecoder(replacement, stored.reads, variable.shape, for: enter), into: enter)
      }
      try passOnReads(of: variable)
    }
    // The new nodes read new variables, so none of them takes what is redirected.
    try graph.redirect(redirected)
    redirectNames(redirected)
    if !keepingOriginals {
      try removeOriginals(Dictionary(uniqueKeysWithValues: replacements.map { ($0.variable, $0.storedName) }))
    }
    info?.removeOperatorList()
    if saver != nil { try rebuildSaver(for: saved.filter { !names.contains($0.node) } + fresh) }
    return fresh
  }

  /// Removes the originals that ``replaceReads(_:keepingOriginals:)`` or the reference's program left in the graph, dead,
  /// with what initializes them; the saver is rebuilt.
  ///
  /// - Throws: ``KernelError`` `.badData` when something still takes one.
  package mutating func dropOriginals() throws {
    try wholly { meta in
      let saved = try meta.saver == nil ? meta.variables() : meta.savedVariables()
      let names = Set(saved.map(\.node))
      var storedNames: [String: String] = [:]
      for name in names {
        for suffix in ["_quants", DType.half.name, DType.bfloat16.name] where name.hasSuffix(suffix) {
          let original = String(name.dropLast(suffix.count))
          if meta.graph[original]?.isVariable == true, !names.contains(original) { storedNames[original] = name }
        }
      }
      guard !storedNames.isEmpty else { return }
      try meta.removeSavers()
      try meta.removeOriginals(storedNames)
      meta.info?.removeOperatorList()
      if meta.saver != nil { try meta.rebuildSaver(for: saved) }
    }
  }

  /// Adds the variables that are stored.
  private mutating func add(
    _ replacement: ReadReplacement, of variable: FloatVariable
  ) throws -> (variables: [GraphVariable], reads: [Endpoint]) {
    let device = variable.node.device
    switch replacement.storage {
    case .narrow(let dtype):
      guard dtype.isFloat, dtype != .float32 else {
        throw KernelError(.usage, "", "float32 cannot be stored as \(dtype.name)", hint: "float16 or bfloat16")
      }
      let stored = try addVariable(replacement.storedName, dtype, variable.shape, device: device)
      return ([stored], [Endpoint(replacement.storedName + "/read")])
    case .codebook(let count):
      guard (1...256).contains(count) else {
        throw KernelError(.usage, "", "a codebook of \(count) values, where codes of a byte tell 1 to 256 apart")
      }
      return try addCodes(replacement, variable.shape, of: count, device)
    case .packed(let bits):
      guard (1..<8).contains(bits),
        let shape = Shape([CodePlanes(bits: bits, elementCount: variable.shape.elementCount).byteCount])
      else { throw KernelError(.usage, "", "codes of \(bits) bits cannot be packed", hint: "1 to 7 bits can") }
      return try addCodes(replacement, shape, of: 1 << bits, device)
    }
  }

  /// Adds the variables of a codebook of `count` values and of its codes.
  private mutating func addCodes(
    _ replacement: ReadReplacement, _ shape: Shape, of count: Int, _ device: String
  ) throws -> (variables: [GraphVariable], reads: [Endpoint]) {
    let codes = try addVariable(replacement.storedName, .uint8, shape, device: device)
    let codebook = try addVariable(
      replacement.codebookName, .float32, Shape([count]) ?? .scalar, device: device, isFilled: true)
    let reads = [replacement.storedName, replacement.codebookName].map { Endpoint($0 + "/read") }
    return ([codes, codebook], reads)
  }

  /// Adds the nodes that turn what is stored back into float32 for `read`, with its control inputs and its device.
  private mutating func insertDecoder(
    _ replacement: ReadReplacement, _ stored: [Endpoint], _ shape: Shape, for read: Node
  ) throws -> Endpoint {
    if case .packed(let bits) = replacement.storage {
      return try insertUnpacking(replacement.variable, stored, bits: bits, shape, for: read)
    }
    let controls = read.inputs.filter { $0.endpoint == nil }
    let isCodebook = stored.count > 1
    let cast = Node(
      graph.uniqueName("Cast"), "Cast", [.data(stored[0])] + controls, device: read.device,
      attributes: [
        "SrcT": .type(isCodebook ? TypeCode(.uint8) : replacement.narrowType), "Truncate": .bool(false),
        "DstT": .type(TypeCode(isCodebook ? .int32 : .float32)),
      ])
    try graph.insert(cast)
    guard isCodebook else { return Endpoint(cast.name) }
    let name = graph.uniqueName("GatherV2")
    let axis = Node(name + "/axis", constant: .int32(0), device: read.device)
    try graph.insert(axis)
    let index = AttributeValue.type(TypeCode(.int32))
    let inputs = [stored[1], Endpoint(cast.name), Endpoint(axis.name)]
    try graph.insert(
      Node(
        name, "GatherV2", inputs.map { .data($0) } + controls, device: read.device,
        attributes: ["Tparams": .type(TypeCode(.float32)), "Tindices": index, "Taxis": index]))
    return Endpoint(name)
  }

  /// Removes variables that nothing reads any more, and what was there only for them; who asks whether one has a value
  /// asks what took its place.
  private mutating func removeOriginals(_ storedNames: [String: String]) throws {
    let names = Set(storedNames.keys)
    try editVariableDefinitions { definition, _ in names.contains(definition.node) ? [] : [definition] }
    try graph.updateAll { node in
      guard node.op == "IsVariableInitialized" || node.op == "VarIsInitializedOp",
        let stored = node.dataInputs.first.flatMap({ storedNames[$0.node] })
      else { return }
      node.op = "IsVariableInitialized"
      node.inputs[0] = .data(Endpoint(stored))
    }
    for node in graph.nodes where node.op == "IsVariableInitialized" {
      guard let variable = node.dataInputs.first.flatMap({ graph[$0.node] }) else { continue }
      let type = variable.attributes["dtype"]
      try graph.update(node.name) { $0.attributes["dtype"] = type }
    }
    let consumers = graph.consumers()
    var dead = names
    for name in names {
      let users = consumers.nodes(using: name).filter { $0.dataInputs.contains(Endpoint(name)) }
      dead.formUnion(users.map(\.name))
    }
    // Groups such as `init` wait for what is gone no longer.
    try graph.updateAll { node in
      if node.op == "NoOp" { node.inputs.removeAll { dead.contains($0.node) } }
    }
    // What initialized a variable lies in its scope; layer by layer, what nothing takes goes too.
    var isGrowing = true
    while isGrowing {
      let used = Set(graph.nodes.lazy.filter { !dead.contains($0.name) }.flatMap { $0.inputs.map(\.node) })
      let more = graph.nodes.lazy.map(\.name).filter { name in
        !dead.contains(name) && !used.contains(name) && MetaGraph.scopes(of: name).contains { names.contains($0) }
      }
      isGrowing = !more.isEmpty
      dead.formUnion(Array(more))
    }
    try graph.remove(dead)
    try removeDeadNames()
  }

  /// `a`, `a/b` of `a/b/c`.
  private static func scopes(of name: String) -> [String] {
    name.indices.filter { name[$0] == "/" }.map { String(name[..<$0]) }
  }
}

extension ReadReplacement {
  fileprivate var narrowType: TypeCode {
    if case .narrow(let dtype) = storage { TypeCode(dtype) } else { TypeCode(.uint8) }
  }
}
