import Bytes
import CKernel
import Glibc
import Graphs
import Tensors

extension Operator {
  /// The gradient that arrives at a function of one number, times the function's own: both of one shape.
  static let unaryGradients: [Operator] = [
    // y = f(x), dy
    ofResult("SigmoidGrad", ck_sigmoid_grad) { y, dy in dy * y * (1 - y) },
    ofResult("TanhGrad", ck_tanh_grad) { y, dy in dy * (1 - y * y) },
    ofResult("SqrtGrad", ck_sqrt_grad) { y, dy in 0.5 * dy / y },
    ofResult("RsqrtGrad", ck_rsqrt_grad) { y, dy in -0.5 * dy * (y * y * y) },
    ofResult("ReciprocalGrad", ck_reciprocal_grad) { y, dy in -dy * y * y },
    ofResult("InvGrad", ck_reciprocal_grad) { y, dy in -dy * y * y },
    // dy, x
    ofInput("ReluGrad", ck_relu_grad) { x, dy in x > 0 ? dy : 0 },
    ofInput("Relu6Grad", ck_relu6_grad) { x, dy in x > 0 && x < 6 ? dy : 0 },
    ofInput("SoftplusGrad", nil) { x, dy in dy / (exp(-x) + 1) },
    ofInput("SoftsignGrad", nil) { x, dy in dy / ((1 + abs(x)) * (1 + abs(x))) },
    // dy, y
    ofInput("EluGrad", nil) { y, dy in y < 0 ? (y + 1) * dy : dy },
    ofInput("SeluGrad", nil) { y, dy in y < 0 ? (y + 1.7580993408473768) * dy : 1.0507009873554805 * dy },
  ]

  private typealias ChainLoop =
    @Sendable @convention(c) (
      UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int
    ) -> Void

  private static func ofResult(
    _ name: String, _ loop: ChainLoop?, _ function: @escaping @Sendable (Double, Double) -> Double
  ) -> Operator {
    .plain(name) { call in try chain(&call, at: 0, gradient: 1, loop, function) }
  }

  private static func ofInput(
    _ name: String, _ loop: ChainLoop?, _ function: @escaping @Sendable (Double, Double) -> Double
  ) -> Operator {
    .plain(name) { call in try chain(&call, at: 1, gradient: 0, loop, function) }
  }

  /// - Parameters:
  ///   - place: the input that says where the function's gradient is taken.
  ///   - gradient: the input that arrives from behind.
  private static func chain(
    _ call: inout Call, at place: Int, gradient: Int, _ loop: ChainLoop?, _ function: (Double, Double) -> Double
  ) throws {
    try call.expect(2)
    let (at, grad) = (call.inputs[place], call.inputs[gradient])
    guard at.shape == grad.shape, at.dtype == grad.dtype else { throw call.unsupported() }
    let dtype = at.dtype
    guard dtype == .float32 || dtype == .float64 || dtype == .half else { throw call.unsupported() }
    let result = try call.reuseAny(as: dtype, at.shape)
    let count = at.elementCount
    switch dtype {
    case .float32:
      let (from, chained, to) = (at.floats, grad.floats, result.mutableFloats)
      call.threads.split(count, grain: 1 << 14) { part in
        if let loop {
          loop(
            to.baseAddress! + part.lowerBound, from.baseAddress! + part.lowerBound,
            chained.baseAddress! + part.lowerBound, part.count)
        } else {
          for index in part { to[index] = Float(function(Double(from[index]), Double(chained[index]))) }
        }
      }
    case .float64:
      let (from, chained) = (at.elements(Double.self), grad.elements(Double.self))
      let to = result.mutableElements(Double.self)
      for index in 0..<count { to[index] = function(from[index], chained[index]) }
    default:
      let (from, chained) = (at.elements(UInt16.self), grad.elements(UInt16.self))
      let to = result.mutableElements(UInt16.self)
      for index in 0..<count {
        let value = function(Double(Float16(bitPattern: from[index])), Double(Float16(bitPattern: chained[index])))
        to[index] = Float16(value).bitPattern
      }
    }
    call.outputs = [result]
  }
}
