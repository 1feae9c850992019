import Graphs
import Tensors

extension GradientRule {
  /// Softmax, cross entropies and batch normalization.
  static let normalizations: [GradientRule] = [
    .chain("Softmax") { call, g in
      let y = call.outputs[0]
      let sum = try call.build.sum(call.build.multiply(g, y), [y.rank - 1], keepDims: true)
      return try call.build.multiply(call.build.subtract(g, sum), y)
    },
    .chain("LogSoftmax") { call, g in
      let y = call.outputs[0]
      let sum = try call.build.sum(g, [y.rank - 1], keepDims: true)
      return try call.build.subtract(g, call.build.multiply(call.build.unary("Exp", y), sum))
    },
    .chain("SoftmaxCrossEntropyWithLogits") { call, g in
      try call.build.multiply(call.build.expandDims(g, axis: 1), call.outputs[1])
    },
    batchNorm("FusedBatchNorm", "FusedBatchNormGrad"), batchNorm("FusedBatchNormV3", "FusedBatchNormGradV3"),
  ]

  /// The batch's statistics are given on for this; those that a user takes out have no gradient, as in TensorFlow.
  private static func batchNorm(_ op: String, _ gradient: String) -> GradientRule {
    GradientRule(op) { call in
      let isTraining = call.node.attributes.bool("is_training") ?? true
      let saved = isTraining ? Array(call.outputs[3...]) : Array(call.inputs[3...4]) + call.outputs.dropFirst(5)
      let (x, scale) = (call.inputs[0], call.inputs[1])
      var attributes = call.node.attributes
      attributes["exponential_avg_factor"] = nil
      let none = (DType.float32, [0])
      let results = try call.build.node(
        gradient, [call.gradient(), x, scale] + saved, attributes,
        outputs: [(x.dtype, x.dimensions), (.float32, scale.dimensions), (.float32, scale.dimensions), none, none])
      return [results[0], results[1], results[2], nil, nil]
    }
  }
}
