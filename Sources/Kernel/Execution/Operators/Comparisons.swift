import Bytes
import Graphs
import Tensors

extension Operator {
  /// Functions of two numbers that are true or false.
  static let comparisons: [Operator] = [
    compare("Less", { $0 < $1 }, { $0 < $1 }), compare("LessEqual", { $0 <= $1 }, { $0 <= $1 }),
    compare("Greater", { $0 > $1 }, { $0 > $1 }), compare("GreaterEqual", { $0 >= $1 }, { $0 >= $1 }),
    compare("Equal", { $0 == $1 }, { $0 == $1 }), compare("NotEqual", { $0 != $1 }, { $0 != $1 }),
    logical("LogicalAnd") { $0 & $1 }, logical("LogicalOr") { $0 | $1 },
  ]

  private static func compare(
    _ name: String, _ real: @escaping @Sendable (Double, Double) -> Bool,
    _ integer: @escaping @Sendable (Int64, Int64) -> Bool
  ) -> Operator {
    .plain(name) { call in
      try call.expect(2)
      guard call.inputs[0].dtype == call.inputs[1].dtype else { throw call.unsupported() }
      switch call.inputs[0].dtype {
      case .float32: try apply(&call, Float.self) { real(Double($0), Double($1)) }
      case .float64: try apply(&call, Double.self, real)
      case .int32: try apply(&call, Int32.self) { integer(Int64($0), Int64($1)) }
      case .int64: try apply(&call, Int64.self, integer)
      case .uint8, .bool: try apply(&call, UInt8.self) { integer(Int64($0), Int64($1)) }
      default: throw call.unsupported()
      }
    }
  }

  private static func logical(_ name: String, _ function: @escaping @Sendable (UInt8, UInt8) -> UInt8) -> Operator {
    .plain(name) { call in
      try call.expect(2)
      guard call.inputs.allSatisfy({ $0.dtype == .bool }) else { throw call.unsupported() }
      try apply(&call, UInt8.self) { function($0, $1) != 0 }
    }
  }

  private static func apply<T: Element>(_ call: inout Call, _: T.Type, _ holds: (T, T) -> Bool) throws {
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.allocate(.bool, broadcast.shape)
    let (a, b, to) = (
      call.inputs[0].elements(T.self), call.inputs[1].elements(T.self), result.mutableElements(UInt8.self)
    )
    let steps = broadcast.steps
    broadcast.forEachRun(call.threads) { start, starts, count in
      for index in 0..<count {
        to[start + index] = holds(a[starts.0 + index * steps.0], b[starts.1 + index * steps.1]) ? 1 : 0
      }
    }
    call.outputs = [result]
  }
}
