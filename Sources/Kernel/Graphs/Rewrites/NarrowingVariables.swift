import Bytes
import Tensors

extension MetaGraph {
  /// Makes float32 variables narrower in place: same names and keys, a `Cast` takes the name of each read
  /// (specs: formats §9.1), so that nothing else changes. The saver is rebuilt.
  ///
  /// - Parameter dtype: half or bfloat16.
  /// - Throws: ``KernelError`` as ``replaceReads(_:keepingOriginals:)``.
  public mutating func narrowVariables(_ names: [String], to dtype: DType) throws {
    try wholly { try $0.narrow(names, dtype) }
  }

  private mutating func narrow(_ names: [String], _ dtype: DType) throws {
    guard dtype.isFloat, dtype != .float32 else {
      throw KernelError(.usage, "", "float32 cannot be stored as \(dtype.name)", hint: "float16 or bfloat16")
    }
    let saved = try saver == nil ? variables() : savedVariables()
    try removeSavers()
    let consumers = graph.consumers()
    let type = AttributeValue.type(TypeCode(dtype))
    var initialValues: [String: String] = [:]
    for name in names {
      let variable = try FloatVariable(name, graph, consumers)
      try graph.update(name) { $0.attributes["dtype"] = type }
      for read in variable.reads { try narrow(read, of: variable.node, type) }
      for enter in variable.enters where enter.dataInputs.first?.node == name {
        let read = Node(
          graph.uniqueName(name + "/Read/entering"), "ReadVariableOp", of: [Endpoint(name)], device: enter.device,
          attributes: ["dtype": .type(TypeCode(.float32))])
        try graph.insert(read)
        try narrow(read, of: variable.node, type)
        try carry(Endpoint(read.name), into: enter)
      }
      try passOnReads(of: variable)
      for assign in consumers.nodes(using: name) where assign.op == "Assign" || assign.op == "AssignVariableOp" {
        initialValues[name] = try narrowInitializer(assign, of: name, type)
      }
    }
    try editVariableDefinitions { definition, _ in
      var definition = definition
      if let value = initialValues[definition.node] { definition.initialValue = value }
      return [definition]
    }
    info?.removeOperatorList()
    if saver != nil { try rebuildSaver(for: saved) }
  }

  private mutating func narrow(_ read: Node, of variable: Node, _ type: AttributeValue) throws {
    let casting: Attributes = ["SrcT": type, "DstT": .type(TypeCode(.float32)), "Truncate": .bool(false)]
    if variable.isReferenceVariable {
      try graph.update(read.name) { node in
        node.op = "Cast"
        node.attributes["T"] = nil
        for entry in casting.entries { node.attributes[entry.name] = entry.value }
      }
      return
    }
    let half = graph.uniqueName(read.name + "/half")
    try graph.update(read.name) { node in
      node = Node(read.name, "Cast", of: [Endpoint(half)], device: read.device, attributes: casting)
    }
    var inner = read
    inner.name = half
    inner.attributes["dtype"] = type
    inner.attributes["_output_shapes"] = nil
    try graph.insert(inner)
  }

  /// Casts what an initializer assigns.
  ///
  /// - Returns: the tensor that it assigns now.
  private mutating func narrowInitializer(_ assign: Node, of name: String, _ type: AttributeValue) throws -> String
  {
    guard assign.dataInputs.count == 2 else { throw assign.error("has \(assign.dataInputs.count) inputs, not 2") }
    let cast = Node(
      graph.uniqueName(name + "/initial_value_half"), "Cast", of: [assign.dataInputs[1]],
      attributes: ["SrcT": .type(TypeCode(.float32)), "DstT": type, "Truncate": .bool(false)])
    try graph.insert(cast)
    try graph.update(assign.name) { node in
      node.inputs[1] = .data(Endpoint(cast.name))
      node.attributes[node.op == "Assign" ? "T" : "dtype"] = type
      node.attributes["_output_shapes"] = nil
    }
    return cast.name + ":0"
  }
}
