import Bytes
import CKernel
import Glibc
import Graphs
import Tensors

extension Operator {
  /// Functions of two numbers, element by element, with broadcasting.
  static let binary: [Operator] = [
    arithmetic("Add", ck_add, { $0 + $1 }, { $0 &+ $1 }),
    arithmetic("AddV2", ck_add, { $0 + $1 }, { $0 &+ $1 }),
    arithmetic("Sub", ck_subtract, { $0 - $1 }, { $0 &- $1 }),
    arithmetic("Mul", ck_multiply, { $0 * $1 }, { $0 &* $1 }),
    arithmetic("Maximum", ck_maximum, { $0 > $1 || $0.isNaN ? $0 : $1 }, { max($0, $1) }),
    arithmetic("Minimum", ck_minimum, { $0 < $1 || $0.isNaN ? $0 : $1 }, { min($0, $1) }),
    arithmetic("SquaredDifference", ck_squared_difference, { ($0 - $1) * ($0 - $1) }, { ($0 &- $1) &* ($0 &- $1) }),
    arithmetic("RealDiv", ck_divide, { $0 / $1 }, nil),
    division("Div", { $0 / $1 }) { $0.dividedReportingOverflow(by: $1).partialValue },
    division("TruncateDiv", { ($0 / $1).rounded(.towardZero) }) {
      $0.dividedReportingOverflow(by: $1).partialValue
    },
    division("FloorDiv", { ($0 / $1).rounded(.down) }) { a, b in
      let quotient = a.dividedReportingOverflow(by: b).partialValue
      let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
      return rest != 0 && (rest < 0) != (b < 0) ? quotient &- 1 : quotient
    },
    division("FloorMod", { a, b in a - (a / b).rounded(.down) * b }) { a, b in
      let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
      return rest != 0 && (rest < 0) != (b < 0) ? rest &+ b : rest
    },
    arithmetic("Pow", nil, { pow($0, $1) }, nil),
    arithmetic("Atan2", nil, { atan2($0, $1) }, nil),
    // x / y, and 0 where y is 0.
    arithmetic("DivNoNan", nil, { $1 == 0 ? 0 : $0 / $1 }, nil),
    // value, bias along the last axis
    Operator("BiasAdd") { node in
      let format = String(decoding: node.attributes.bytes("data_format") ?? Array("NHWC".utf8), as: UTF8.self)
      guard format == "NHWC" else { throw node.error("data_format \(format.printable) is not supported") }
      return { call in
        try call.expect(2)
        let (value, bias) = (call.inputs[0].shape, call.inputs[1].shape)
        guard bias.rank == 1, value.rank >= 1, value.dimensions.last == bias.dimensions.first else {
          throw call.unsupported()
        }
        try run(&call, ck_add, { $0 + $1 }, nil)
      }
    },
  ]

  /// The operator of the nodes that ``Fusion`` makes of an `Equal` whose answers are numbers; files do not have it.
  static let equalityAsNumber = "_EqualAsNumber"

  /// a, b: 1 where they are equal, else 0.
  static let equalAsNumber = arithmetic(equalityAsNumber, ck_equal, { $0 == $1 ? 1 : 0 }, nil)

  typealias FloatPairLoop =
    @Sendable @convention(c) (
      UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Int
    ) -> Void

  private static func arithmetic(
    _ name: String, _ loop: FloatPairLoop?, _ real: @escaping @Sendable (Double, Double) -> Double,
    _ integer: (@Sendable (Int64, Int64) -> Int64)?
  ) -> Operator {
    .plain(name) { call in
      try call.expect(2)
      try run(&call, loop, real, integer)
    }
  }

  /// Integers must not be divided by zero.
  private static func division(
    _ name: String, _ real: @escaping @Sendable (Double, Double) -> Double,
    _ integer: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> Operator {
    .plain(name) { call in
      try call.expect(2)
      if call.inputs[1].dtype == .int32 || call.inputs[1].dtype == .int64, try call.integers(1).contains(0) {
        throw call.error("divides by zero")
      }
      try run(&call, name == "Div" ? ck_divide : nil, real, integer)
    }
  }

  private static func run(
    _ call: inout Call, _ loop: FloatPairLoop?, _ real: (Double, Double) -> Double,
    _ integer: ((Int64, Int64) -> Int64)?
  ) throws {
    guard call.inputs[0].dtype == call.inputs[1].dtype else { throw call.unsupported() }
    switch (call.inputs[0].dtype, integer) {
    case (.float32, _):
      if let loop {
        try floats(&call, loop)
      } else {
        try apply(&call, Float.self) { Float(real(Double($0), Double($1))) }
      }
    case (.float64, _): try apply(&call, Double.self, real)
    case (.half, _):
      try apply(&call, UInt16.self) { a, b in
        Float16(real(Double(Float16(bitPattern: a)), Double(Float16(bitPattern: b)))).bitPattern
      }
    case (.int32, let integer?):
      try apply(&call, Int32.self) { Int32(truncatingIfNeeded: integer(Int64($0), Int64($1))) }
    case (.int64, let integer?): try apply(&call, Int64.self, integer)
    default: throw call.unsupported()
    }
  }

  private static func floats(_ call: inout Call, _ loop: FloatPairLoop) throws {
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.reuseAny(as: .float32, broadcast.shape)
    let (a, b, to) = (call.inputs[0].floats, call.inputs[1].floats, result.mutableFloats)
    let steps = broadcast.steps
    broadcast.forEachRun(call.threads) { start, starts, count in
      loop(to.baseAddress! + start, a.baseAddress! + starts.0, steps.0, b.baseAddress! + starts.1, steps.1, count)
    }
    call.outputs = [result]
  }

  private static func apply<T: Element>(_ call: inout Call, _: T.Type, _ function: (T, T) -> T) throws {
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.reuseAny(as: call.inputs[0].dtype, broadcast.shape)
    let (a, b, to) = (
      call.inputs[0].elements(T.self), call.inputs[1].elements(T.self), result.mutableElements(T.self)
    )
    let steps = broadcast.steps
    broadcast.forEachRun(call.threads) { start, starts, count in
      for index in 0..<count {
        to[start + index] = function(a[starts.0 + index * steps.0], b[starts.1 + index * steps.1])
      }
    }
    call.outputs = [result]
  }
}

extension Call {
  func broadcast(_ shapes: [Shape]) throws -> Broadcast {
    guard let broadcast = Broadcast(shapes) else {
      throw error("\(shapes.map(\.description).joined(separator: " and ")) do not fit each other")
    }
    return broadcast
  }

  /// A new tensor, or the memory of the first input that nobody else needs and that has the right shape.
  ///
  /// An input that is broadcast has fewer elements, so it is never taken.
  mutating func reuseAny(as dtype: DType, _ shape: Shape) throws -> Tensor {
    for input in inputs.indices
    where inputs[input].shape.elementCount == shape.elementCount && inputs[input].dtype == dtype {
      let result = try reuse(input, as: dtype, shape)
      if result.storage === inputs[input].storage { return result }
    }
    return try allocate(dtype, shape)
  }
}
