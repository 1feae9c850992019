import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Sums of several tensors of one shape, from the left.
  static let sums: [Operator] = [
    sum("AddN"), sum("AccumulateNV2"),
    // Half the sum of the squares.
    .plain("L2Loss") { call in
      try call.expect(1)
      call.outputs = [try call.l2Loss(call.inputs[0])]
    },
  ]

  private static func sum(_ name: String) -> Operator {
    .plain(name) { call in
      try call.expect(atLeast: 1)
      let first = call.inputs[0]
      guard first.dtype == .float32, call.inputs.allSatisfy({ $0.dtype == first.dtype && $0.shape == first.shape })
      else { throw call.unsupported() }
      if call.inputs.count == 1 {
        call.outputs = [first]
        return
      }
      let result = try call.allocate(.float32, first.shape)
      let inputs = call.inputs.map(\.floats)
      let to = result.mutableFloats
      call.threads.split(to.count, grain: 1 << 14) { part in
        guard let out = to.baseAddress.map({ $0 + part.lowerBound }) else { return }
        ck_add(
          out, inputs[0].baseAddress! + part.lowerBound, 1, inputs[1].baseAddress! + part.lowerBound, 1, part.count)
        for input in inputs.dropFirst(2) {
          ck_add(out, out, 1, input.baseAddress! + part.lowerBound, 1, part.count)
        }
      }
      call.outputs = [result]
    }
  }
}

extension Call {
  /// Half the sum of the squares, in pieces, which are then added up in float64: long sums in float32 lose digits.
  func l2Loss(_ input: Tensor) throws -> Tensor {
    guard input.dtype == .float32 else { throw unsupported() }
    let result = try allocate(.float32, .scalar)
    let values = input.floats
    let pieces = (values.count + (1 << 14) - 1) >> 14
    let sums = try allocate(.float32, try shape([pieces]))
    defer { withExtendedLifetime(sums) {} }
    let parts = sums.mutableFloats
    threads.run(pieces) { piece in
      let start = piece << 14
      parts[piece] = ck_sum_squares(values.baseAddress! + start, min(1 << 14, values.count - start))
    }
    let total = parts.reduce(0.0) { $0 + Double($1) }
    result.mutableFloats[0] = Float(total / 2)
    return result
  }
}
