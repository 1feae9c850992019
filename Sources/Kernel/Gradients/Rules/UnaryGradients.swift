import Graphs
import Tensors

extension GradientRule {
  /// Operators of one input, element by element.
  static let unary: [GradientRule] = [
    .chain("Identity") { call, g in g },
    .chain("CheckNumerics") { call, g in g },
    .chain("Neg") { call, g in try call.build.negate(g) },
    .chain("Square") { call, g in
      try call.build.multiply(g, call.build.multiply(call.inputs[0], 2))
    },
    .chain("Exp") { call, g in try call.build.multiply(g, call.outputs[0]) },
    .chain("Log") { call, g in try call.build.divide(g, call.inputs[0]) },
    .chain("Log1p") { call, g in try call.build.divide(g, call.build.add(call.inputs[0], 1)) },
    .chain("Abs") { call, g in try call.build.multiply(g, call.build.unary("Sign", call.inputs[0])) },
    .chain("Reciprocal") { call, g in
      try call.build.negate(call.build.multiply(g, call.build.square(call.outputs[0])))
    },
    ofResult("Sigmoid", "SigmoidGrad"), ofResult("Tanh", "TanhGrad"), ofResult("Rsqrt", "RsqrtGrad"),
    ofResult("Sqrt", "SqrtGrad"),
    ofInput("Relu", "ReluGrad"), ofInput("Relu6", "Relu6Grad"), ofInput("Softplus", "SoftplusGrad"),
    .chain("Cast") { call, g in
      let isFraction = ([.half, .float32, .float64, .bfloat16] as [DType]).contains(call.inputs[0].dtype)
      return isFraction ? try call.build.cast(g, to: call.inputs[0].dtype) : nil
    },
    GradientRule("L2Loss") { call in [try call.build.multiply(call.inputs[0], call.gradient())] },
    GradientRule("AddN") { call in
      let g = try call.gradient()
      return call.inputs.map { _ in g }
    },
  ]

  /// A rule of the gradient of the one output.
  static func chain(
    _ op: String, _ apply: @escaping @Sendable (GradientCall, GraphTensor) throws -> GraphTensor?
  ) -> GradientRule {
    GradientRule(op) { call in [try apply(call, call.gradient())] + call.inputs.dropFirst().map { _ in nil } }
  }

  /// TensorFlow's own gradient operator of result and gradient.
  private static func ofResult(_ op: String, _ gradient: String) -> GradientRule {
    chain(op) { call, g in try call.build.binary(gradient, call.outputs[0], g) }
  }

  /// TensorFlow's own gradient operator of gradient and input.
  private static func ofInput(_ op: String, _ gradient: String) -> GradientRule {
    chain(op) { call, g in try call.build.binary(gradient, g, call.inputs[0]) }
  }
}
