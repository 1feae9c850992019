import Graphs

/// Who reads what in a graph: TensorFlow changes a variable in place, so whoever needs its old value must have run.
struct VariableReaders {
  private var consumers: [Endpoint: [Node]] = [:]

  init(_ graph: Graph) {
    for node in graph.nodes { for input in Set(node.dataInputs) { consumers[input, default: []].append(node) } }
  }

  /// The nodes that take a variable's value, through those that pass it on without a copy too.
  func nodes(reading variable: BuiltVariable) -> [String] {
    var pending = [variable.value.endpoint]
    var found: [String] = []
    while let endpoint = pending.popLast() {
      for node in consumers[endpoint] ?? [] {
        found.append(node.name)
        if ["Identity", "Reshape", "ExpandDims", "Squeeze"].contains(node.op) {
          pending.append(Endpoint(node.name))
        }
      }
    }
    return found
  }
}
