import Graphs
import Tensors

extension GradientRule {
  /// Products of matrices, and what is added to their columns.
  static let matrices: [GradientRule] = [
    product("MatMul", "transpose_a", "transpose_b") { try $0.matMul($1, $2, turnA: $3, turnB: $4) },
    product("BatchMatMul", "adj_x", "adj_y") { try $0.batchMatMul($1, $2, turnA: $3, turnB: $4) },
    product("BatchMatMulV2", "adj_x", "adj_y") { try $0.batchMatMul($1, $2, turnA: $3, turnB: $4) },
    GradientRule("BiasAdd") { call in
      let g = try call.gradient()
      return [
        g,
        try call.ifNeeded(1) {
          try call.build.simple("BiasAddGrad", [g], ["data_format": .text("NHWC")], to: call.inputs[1].dimensions)
        },
      ]
    },
    .chain("MatrixDiagPart") { call, g in
      let x = call.inputs[0]
      if x.dimensions[x.rank - 1] == x.dimensions[x.rank - 2], x.width >= 0 {
        return try call.build.simple("MatrixDiag", [g], to: x.dimensions)
      }
      return try call.build.simple("MatrixSetDiag", [call.build.zeros(like: x), g], to: x.dimensions)
    },
  ]

  private typealias Product =
    @Sendable (GraphBuilder, GraphTensor, GraphTensor, Bool, Bool) throws -> GraphTensor

  /// Of c = a b: da = dc bᵀ and db = aᵀ dc, whichever of them is turned.
  private static func product(
    _ op: String, _ first: String, _ second: String, _ multiply: @escaping Product
  ) -> GradientRule {
    GradientRule(op) { call in
      let (a, b, g) = (call.inputs[0], call.inputs[1], try call.gradient())
      let turnA = call.node.attributes.bool(first) ?? false
      let turnB = call.node.attributes.bool(second) ?? false
      return [
        try call.ifNeeded(0) {
          try turnA ? multiply(call.build, b, g, turnB, true) : multiply(call.build, g, b, false, !turnB)
        },
        try call.ifNeeded(1) {
          try turnB ? multiply(call.build, g, a, true, turnA) : multiply(call.build, a, g, !turnA, false)
        },
      ]
    }
  }
}
