import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operators of the nodes that ``Fusion`` makes of a weight's gradient and its norm; files do not have them.
  static let weightGradient = "_WeightGradient"
  static let weightGradientLoss = "_WeightGradientL2Loss"

  static let weightGradients: [Operator] = [
    // a, b, and perhaps w and c: aᵀ b + c w, or nothing where it pays not to form it; then a, b, w and c.
    .plain(weightGradient) { call in
      guard call.inputs.count == 4 else { try call.expect(2); return try call.weightGradient(nil) }
      try call.weightGradient((weights: call.inputs[2], part: call.number(3)))
    },
    // The outputs of such a node: half the sum of the gradient's squares.
    .plain(weightGradientLoss) { call in
      let decays = call.inputs.count == 5
      try call.expect(decays ? 5 : 3)
      guard
        let gradient = FactoredGradient(call.inputs[1], call.inputs[2], decay: decays ? try call.number(4) : 0)
      else {
        call.outputs = [try call.l2Loss(call.inputs[0])]
        return
      }
      let result = try call.allocate(.float32, .scalar)
      let square = gradient.squaredNorm(decays ? call.inputs[3] : nil, call.threads, call.context.pool)
      result.mutableFloats[0] = Float(square / 2)
      call.outputs = [result]
    },
  ]
}

extension Call {
  fileprivate mutating func weightGradient(_ decay: (weights: Tensor, part: Float)?) throws {
    if let gradient = FactoredGradient(inputs[0], inputs[1]) {
      let shape = [gradient.height, gradient.width]
      guard decay.map({ $0.weights.dtype == .float32 && $0.weights.shape.dimensions == shape }) ?? true else {
        throw unsupported()
      }
      outputs = [try allocate(.float32, self.shape([0]))] + inputs
      return
    }
    let formed = try product(true, false)
    if let decay {
      guard decay.weights.dtype == .float32, decay.weights.shape == formed.shape else { throw unsupported() }
      let (from, to) = (decay.weights.floats, formed.mutableFloats)
      threads.split(to.count, grain: 1 << 15) { part in
        guard let source = from.baseAddress, let target = to.baseAddress else { return }
        ck_add_scaled(target + part.lowerBound, source + part.lowerBound, decay.part, part.count)
      }
    }
    outputs = [formed] + inputs
  }
}
