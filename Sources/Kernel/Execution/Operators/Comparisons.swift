import Bytes
import Graphs
import Tensors

extension Operator {
  /// Functions of two numbers that are true or false.
  static let comparisons: [Operator] = [
    compare("Less", Less.self), compare("LessEqual", LessEqual.self), compare("Greater", Greater.self),
    compare("GreaterEqual", GreaterEqual.self), compare("Equal", Equal.self), compare("NotEqual", NotEqual.self),
    logical("LogicalAnd") { $0 & $1 }, logical("LogicalOr") { $0 | $1 },
  ]

  private static func compare<C: Comparison>(_ name: String, _: C.Type) -> Operator {
    .plain(name) { call in
      try call.expect(2)
      guard call.inputs[0].dtype == call.inputs[1].dtype else { throw call.unsupported() }
      switch call.inputs[0].dtype {
      case .float32: try apply(&call, Float.self) { C.holds($0, $1) }
      case .float64: try apply(&call, Double.self) { C.holds($0, $1) }
      case .int32: try apply(&call, Int32.self) { C.holds($0, $1) }
      case .int64: try apply(&call, Int64.self) { C.holds($0, $1) }
      case .uint8, .bool: try apply(&call, UInt8.self) { C.holds($0, $1) }
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

  /// Inlined, so that `holds` is, and the loops become vectors.
  @inline(__always)
  private static func apply<T: Element>(_ call: inout Call, _: T.Type, _ holds: (T, T) -> Bool) throws {
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.allocate(.bool, broadcast.shape)
    let (a, b, to) = (
      call.inputs[0].elements(T.self), call.inputs[1].elements(T.self), result.mutableElements(UInt8.self)
    )
    let steps = broadcast.steps
    broadcast.forEachRun(call.threads) { start, starts, count in
      if steps.0 == 1, steps.1 == 1 {
        for index in 0..<count { to[start + index] = holds(a[starts.0 + index], b[starts.1 + index]) ? 1 : 0 }
      } else {
        for index in 0..<count {
          to[start + index] = holds(a[starts.0 + index * steps.0], b[starts.1 + index * steps.1]) ? 1 : 0
        }
      }
    }
    call.outputs = [result]
  }
}

private protocol Comparison {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool
}

private enum Less: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a < b } }
private enum LessEqual: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a <= b } }
private enum Greater: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a > b } }
private enum GreaterEqual: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a >= b } }
private enum Equal: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a == b } }
private enum NotEqual: Comparison { static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a != b } }
