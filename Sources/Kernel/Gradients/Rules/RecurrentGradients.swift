import Graphs
import Tensors

extension GradientRule {
  /// TensorFlow's fused recurrent operators.
  static let recurrent: [GradientRule] = [
    GradientRule("BlockLSTM") { call in
      let inputs = call.inputs
      let results = try call.build.node(
        "BlockLSTMGrad", inputs + call.outputs + [call.gradient(1), call.gradient(6)],
        [
          "T": .type(TypeCode(.float32)), "use_peephole": .bool(call.node.attributes.bool("use_peephole") ?? false),
        ],
        outputs: inputs.dropFirst().map { ($0.dtype, $0.dimensions) })
      return [nil] + results
    },
    GradientRule("GRUBlockCell") { call in
      let (build, g) = (call.build, try call.gradient(3))
      let (x, state) = (call.inputs[0], call.inputs[1])
      let reset = call.outputs[0]
      let gates = (DType.float32, [state.dimensions[0], 2 * state.width])
      let results = try build.node(
        "GRUBlockCellGrad", call.inputs + call.outputs[0...2] + [g], ["T": .type(TypeCode(.float32))],
        outputs: [(.float32, x.dimensions), (.float32, state.dimensions), (.float32, state.dimensions), gates])
      let (candidate, both) = (results[2], results[3])
      return [
        results[0], results[1],
        try call.ifNeeded(2) { try build.matMul(build.concat([x, state], axis: 1), both, turnA: true) },
        try call.ifNeeded(3) {
          try build.matMul(
            build.concat([x, build.multiply(state, reset)], axis: 1), candidate, turnA: true)
        },
        try call.ifNeeded(4) { try build.sum(both, [0]) }, try call.ifNeeded(5) { try build.sum(candidate, [0]) },
      ]
    },
  ]
}
