import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operator of the nodes that ``Fusion`` makes of a subtracted product; files do not have it.
  static let productSubtraction = "_SubtractProduct"

  /// x, a, b: x - a * b, with broadcasting. Products are formed some thousand at a time.
  static let subtractedProduct = Operator.plain(productSubtraction) { call in
    try call.expect(3)
    guard call.inputs.allSatisfy({ $0.dtype == .float32 }) else { throw call.unsupported() }
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.reuseAny(as: .float32, broadcast.shape)
    let (x, a, b) = (call.inputs[0].floats, call.inputs[1].floats, call.inputs[2].floats)
    let steps = broadcast.steps
    if let x = x.baseAddress, let a = a.baseAddress, let b = b.baseAddress,
      let target = result.mutableFloats.baseAddress
    {
      broadcast.forEachRun(pieceCount: 1 << 13, call.threads) { start, starts, count in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { products in
          ck_multiply(products.baseAddress, a + starts.1, steps.1, b + starts.2, steps.2, count)
          ck_subtract(target + start, x + starts.0, steps.0, products.baseAddress, 1, count)
        }
      }
    }
    call.outputs = [result]
  }
}
