import Graphs

extension GradientRule {
  /// Operators of two inputs that are broadcast against each other.
  static let binary: [GradientRule] = [
    broadcast("Add", { _, g in g }, { _, g in g }),
    broadcast("AddV2", { _, g in g }, { _, g in g }),
    broadcast("Sub", { _, g in g }, { call, g in try call.build.negate(g) }),
    broadcast(
      "Mul", { call, g in try call.build.multiply(g, call.inputs[1]) },
      { call, g in try call.build.multiply(g, call.inputs[0]) }),
    broadcast(
      "RealDiv", { call, g in try call.build.divide(g, call.inputs[1]) },
      { call, g in
        try call.build.negate(call.build.divide(call.build.multiply(g, call.outputs[0]), call.inputs[1]))
      }),
    broadcast("SquaredDifference", difference, { call, g in try call.build.negate(difference(call, g)) }),
    extremum("Maximum", "GreaterEqual"), extremum("Minimum", "LessEqual"),
  ]

  private typealias Part = @Sendable (GradientCall, GraphTensor) throws -> GraphTensor

  private static func broadcast(_ op: String, _ first: @escaping Part, _ second: @escaping Part) -> GradientRule {
    GradientRule(op) { call in
      let g = try call.gradient()
      return try [first, second].enumerated().map { index, part in
        try call.ifNeeded(index) {
          try call.reduced(part(call, g), to: call.inputs[index], other: call.inputs[1 - index])
        }
      }
    }
  }

  private static let difference: Part = { call, g in
    try call.build.multiply(call.build.multiply(g, 2), call.build.subtract(call.inputs[0], call.inputs[1]))
  }

  /// The input that is chosen has the gradient; of equal ones the first.
  private static func extremum(_ op: String, _ comparison: String) -> GradientRule {
    @Sendable func part(_ isFirst: Bool) -> Part {
      { call, g in
        let first = try call.build.compare(comparison, call.inputs[0], call.inputs[1])
        let zeros = try call.build.zeros(like: g)
        return try call.build.select(first, isFirst ? g : zeros, isFirst ? zeros : g)
      }
    }
    return broadcast(op, part(true), part(false))
  }

  /// `Select`: where the condition holds the first has the gradient, elsewhere the second.
  static let selections: [GradientRule] = ["Select", "SelectV2"].map { op in
    GradientRule(op) { call in
      let g = try call.gradient()
      guard call.inputs[1].dimensions == call.inputs[2].dimensions,
        op == "Select" || call.inputs[0].dimensions == g.dimensions
      else { throw call.node.error("its branches are broadcast, of which the gradient is not known") }
      let zeros = try call.build.zeros(like: g)
      return [
        nil, try call.ifNeeded(1) { try call.build.select(call.inputs[0], g, zeros) },
        try call.ifNeeded(2) { try call.build.select(call.inputs[0], zeros, g) },
      ]
    }
  }
}
