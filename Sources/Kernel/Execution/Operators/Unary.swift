import Bytes
import CKernel
import Glibc
import Graphs
import Tensors

extension Operator {
  /// Functions of one number, element by element.
  static let unary: [Operator] = [
    float("Exp", ck_exp) { exp($0) }, float("Log", ck_log) { log($0) },
    float("Sigmoid", ck_sigmoid) { 1 / (1 + exp(-$0)) }, float("Tanh", ck_tanh) { tanh($0) },
    float("Erf", ck_erf) { erf($0) }, float("Rsqrt", ck_rsqrt) { 1 / $0.squareRoot() },
    float("Sqrt", ck_sqrt) { $0.squareRoot() }, float("Relu6", ck_relu6) { $0.isNaN ? $0 : min(max($0, 0), 6) },
    float("Reciprocal", ck_reciprocal) { 1 / $0 }, float("Inv", ck_reciprocal) { 1 / $0 },
    float("Relu", ck_relu) { $0 < 0 ? 0 : $0 },
    each("Log1p") { log1p($0) }, each("Expm1") { expm1($0) }, each("Floor") { $0.rounded(.down) },
    each("Ceil") { $0.rounded(.up) }, each("Rint") { $0.rounded(.toNearestOrEven) },
    each("Round") { $0.rounded(.toNearestOrEven) }, each("Sin") { sin($0) }, each("Cos") { cos($0) },
    each("Erfc") { erfc($0) },
    // log(1 + e^x), in a form that does not overflow.
    each("Softplus") { max($0, 0) + log1p(exp(-abs($0))) },
    each("Softsign") { $0 / (1 + abs($0)) },
    each("Elu") { $0 < 0 ? expm1($0) : $0 },
    each("Selu") { 1.0507009873554805 * ($0 < 0 ? 1.6732632423543772 * expm1($0) : $0) },
    each("Sign") { $0.isNaN || $0 == 0 ? $0 : $0 < 0 ? -1 : 1 },
    number("Square", ck_square, { $0 * $0 }, { $0 &* $0 }),
    number("Neg", ck_negate, { -$0 }, { 0 &- $0 }),
    number("Abs", ck_absolute, { abs($0) }, { $0 < 0 ? 0 &- $0 : $0 }),
    .plain("LogicalNot") { call in
      try call.expect(1)
      guard call.inputs[0].dtype == .bool else { throw call.unsupported() }
      let result = try call.reuse(0, as: .bool, call.inputs[0].shape)
      let (from, to) = (call.inputs[0].elements(UInt8.self), result.mutableElements(UInt8.self))
      for index in from.indices { to[index] = from[index] == 0 ? 1 : 0 }
      call.outputs = [result]
    },
    test("IsNan") { $0.isNaN }, test("IsInf") { $0.isInfinite }, test("IsFinite") { $0.isFinite },
  ]

  typealias FloatLoop =
    @Sendable @convention(c) (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void

  /// A function that has a vector loop; other floats go through float64.
  private static func float(
    _ name: String, _ loop: @escaping FloatLoop, _ function: @escaping @Sendable (Double) -> Double
  ) -> Operator {
    .plain(name) { call in
      try call.expect(1)
      call.outputs = [
        call.inputs[0].dtype == .float32 ? try mapped(&call, loop) : try mapped(&call, function)
      ]
    }
  }

  private static func each(_ name: String, _ function: @escaping @Sendable (Double) -> Double) -> Operator {
    .plain(name) { call in
      try call.expect(1)
      call.outputs = [try mapped(&call, function)]
    }
  }

  /// A function that integers have, too.
  private static func number(
    _ name: String, _ loop: @escaping FloatLoop, _ function: @escaping @Sendable (Double) -> Double,
    _ integer: @escaping @Sendable (Int64) -> Int64
  ) -> Operator {
    .plain(name) { call in
      try call.expect(1)
      switch call.inputs[0].dtype {
      case .float32: call.outputs = [try mapped(&call, loop)]
      case .int32: call.outputs = [try mapped(&call, Int32.self) { Int32(truncatingIfNeeded: integer(Int64($0))) }]
      case .int64: call.outputs = [try mapped(&call, Int64.self, integer)]
      default: call.outputs = [try mapped(&call, function)]
      }
    }
  }

  private static func mapped(_ call: inout Call, _ loop: FloatLoop) throws -> Tensor {
    let result = try call.reuse(0, as: .float32, call.inputs[0].shape)
    let (from, to) = (call.inputs[0].floats, result.mutableFloats)
    call.threads.split(from.count, grain: 1 << 14) { part in
      loop(to.baseAddress! + part.lowerBound, from.baseAddress! + part.lowerBound, part.count)
    }
    return result
  }

  private static func mapped<T: Element>(_ call: inout Call, _: T.Type, _ function: (T) -> T) throws -> Tensor {
    let result = try call.reuse(0, as: call.inputs[0].dtype, call.inputs[0].shape)
    let (from, to) = (call.inputs[0].elements(T.self), result.mutableElements(T.self))
    call.threads.split(from.count, grain: 1 << 14) { part in for index in part { to[index] = function(from[index]) }
    }
    return result
  }

  private static func mapped(_ call: inout Call, _ function: (Double) -> Double) throws -> Tensor {
    switch call.inputs[0].dtype {
    case .float32: try mapped(&call, Float.self) { Float(function(Double($0))) }
    case .float64: try mapped(&call, Double.self, function)
    case .half:
      try mapped(&call, UInt16.self) { Float16(function(Double(Float16(bitPattern: $0)))).bitPattern }
    default: throw call.unsupported()
    }
  }

  private static func test(_ name: String, _ holds: @escaping @Sendable (Float) -> Bool) -> Operator {
    .plain(name) { call in
      try call.expect(1)
      guard call.inputs[0].dtype == .float32 else { throw call.unsupported() }
      let result = try call.allocate(.bool, call.inputs[0].shape)
      let (from, to) = (call.inputs[0].floats, result.mutableElements(UInt8.self))
      for index in from.indices { to[index] = holds(from[index]) ? 1 : 0 }
      call.outputs = [result]
    }
  }
}
