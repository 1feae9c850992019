import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operators of the nodes that ``Fusion`` makes of a weight's gradient and its norm; files do not have them.
  static let weightGradient = "_WeightGradient"
  static let weightGradientLoss = "_WeightGradientL2Loss"

  static let weightGradients: [Operator] = [
    // a, b: aᵀ b, or nothing where it pays not to form it; then a and b.
    .plain(weightGradient) { call in
      try call.expect(2)
      let (a, b) = (call.inputs[0], call.inputs[1])
      let isFormed = FactoredGradient(a, b) == nil
      let product = try isFormed ? call.product(true, false) : call.allocate(.float32, call.shape([0]))
      call.outputs = [product, a, b]
    },
    // The outputs of such a node: half the sum of the gradient's squares.
    .plain(weightGradientLoss) { call in
      try call.expect(3)
      guard let gradient = FactoredGradient(call.inputs[1], call.inputs[2]) else {
        call.outputs = [try call.l2Loss(call.inputs[0])]
        return
      }
      let result = try call.allocate(.float32, .scalar)
      result.mutableFloats[0] = Float(gradient.squaredNorm(call.threads) / 2)
      call.outputs = [result]
    },
  ]
}
