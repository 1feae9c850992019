import Bytes
import Graphs
import Tensors

extension Operator {
  /// One of two tensors' elements, by a condition.
  static let selections: [Operator] = [
    // condition, then, else: a condition of one axis chooses whole rows.
    .plain("Select") { call in
      try call.expect(3)
      let (condition, shape) = (call.inputs[0].shape, call.inputs[1].shape)
      guard shape == call.inputs[2].shape else { throw call.unsupported() }
      if condition != shape, condition.rank == 1, shape.rank > 1 {
        let ones = Array(repeating: 1, count: shape.rank - 1)
        call.inputs[0] = call.inputs[0].reshaped(try call.shape(condition.dimensions + ones))
      }
      try select(&call)
      guard call.outputs[0].shape == shape else { throw call.unsupported() }
    },
    .plain("SelectV2") { call in
      try call.expect(3)
      try select(&call)
    },
  ]

  private static func select(_ call: inout Call) throws {
    guard call.inputs[0].dtype == .bool, call.inputs[1].dtype == call.inputs[2].dtype else {
      throw call.unsupported()
    }
    switch call.inputs[1].dtype.byteCount {
    case 1: try select(&call, UInt8.self)
    case 2: try select(&call, UInt16.self)
    case 4: try select(&call, UInt32.self)
    case 8: try select(&call, UInt64.self)
    default: throw call.unsupported()
    }
  }

  private static func select<T: BitwiseCopyable>(_ call: inout Call, _: T.Type) throws {
    let broadcast = try call.broadcast(call.inputs.map(\.shape))
    let result = try call.allocate(call.inputs[1].dtype, broadcast.shape)
    let flags = call.inputs[0].elements(UInt8.self)
    let (yes, no) = (
      call.inputs[1].bytes.assumingMemoryBound(to: T.self), call.inputs[2].bytes.assumingMemoryBound(to: T.self)
    )
    let to = result.mutableBytes.assumingMemoryBound(to: T.self)
    let steps = broadcast.steps
    broadcast.forEachRun(call.threads) { start, starts, count in
      for index in 0..<count {
        to[start + index] =
          flags[starts.0 + index * steps.0] != 0
          ? yes[starts.1 + index * steps.1] : no[starts.2 + index * steps.2]
      }
    }
    call.outputs = [result]
  }
}
