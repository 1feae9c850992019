import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Changes of an element's type.
  static let casts: [Operator] = [
    // DstT: TensorFlow's conversions are C's, so integers wrap; of floats that no integer can hold, ours gives the
    // nearest.
    Operator("Cast") { node in
      guard let target = node.attributes.type("DstT")?.dtype else {
        throw node.error("has no type DstT that we know")
      }
      return { call in
        try call.expect(1)
        call.outputs = [try cast(&call, to: target)]
      }
    },
    // type
    Operator("Bitcast") { node in
      guard let target = node.attributes.type("type")?.dtype else { throw node.error("has no type that we know") }
      return { call in
        try call.expect(1)
        let input = call.inputs[0]
        guard let from = input.dtype.byteCount, from == target.byteCount else { throw call.unsupported() }
        call.outputs = [Tensor(target, input.shape, input.storage, offset: input.offset)]
      }
    },
  ]

  private static func cast(_ call: inout Call, to target: DType) throws -> Tensor {
    let input = call.inputs[0]
    if input.dtype == target { return input }
    let threads = call.threads
    let result = try call.allocate(target, input.shape)
    switch (input.dtype, target) {
    case (.half, .float32):
      let (from, to) = (input.elements(UInt16.self), result.mutableFloats)
      threads.split(from.count, grain: 1 << 16) { part in
        ck_float_from_half(to.baseAddress! + part.lowerBound, from.baseAddress! + part.lowerBound, part.count)
      }
    case (.float32, .half):
      let (from, to) = (input.floats, result.mutableElements(UInt16.self))
      threads.split(from.count, grain: 1 << 16) { part in
        ck_half_from_float(to.baseAddress! + part.lowerBound, from.baseAddress! + part.lowerBound, part.count)
      }
    default:
      guard Widening.isNumeric(input.dtype), target == .bool || storing(target) != nil else {
        throw call.unsupported()
      }
      convert(input, result, threads)
    }
    return result
  }

  /// Through float64, which holds all values of all types but large 64-bit integers; those go straight.
  private static func convert(_ input: Tensor, _ result: Tensor, _ threads: ThreadTeam) {
    if input.dtype == .int64 {
      switch result.dtype {
      case .int32: return wrap(input, result, Int32.self, threads)
      case .uint8: return wrap(input, result, UInt8.self, threads)
      case .int8: return wrap(input, result, Int8.self, threads)
      case .int16: return wrap(input, result, Int16.self, threads)
      case .uint16: return wrap(input, result, UInt16.self, threads)
      default: break
      }
    }
    // All integers that get here are exact as float64.
    let store = storing(result.dtype, wraps: !input.dtype.isFloat && input.dtype != .uint64)
    let flags = result.dtype == .bool ? result.mutableElements(UInt8.self) : nil
    threads.split(input.elementCount, grain: Widening.blockCount * 16) { part in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: Widening.blockCount) { block in
        for start in stride(from: part.lowerBound, to: part.upperBound, by: Widening.blockCount) {
          let values = UnsafeMutableBufferPointer(
            rebasing: block[..<min(Widening.blockCount, part.upperBound - start)])
          Widening.load(input.dtype, input.bytes, from: start, into: values)
          if let flags {
            for index in values.indices { flags[start + index] = values[index] != 0 ? 1 : 0 }
          } else {
            store?(UnsafeBufferPointer(values), result, start)
          }
        }
      }
    }
  }

  /// The low bits of 64-bit integers.
  private static func wrap<T: Element & FixedWidthInteger>(
    _ input: Tensor, _ result: Tensor, _: T.Type, _ threads: ThreadTeam
  ) {
    let (from, to) = (input.elements(Int64.self), result.mutableElements(T.self))
    threads.split(from.count, grain: 1 << 16) { part in
      for index in part { to[index] = T(truncatingIfNeeded: from[index]) }
    }
  }

  private static func storing(_ dtype: DType, wraps: Bool = false) -> (
    (UnsafeBufferPointer<Double>, Tensor, Int) -> Void
  )? {
    switch dtype {
    case .float32, .float64, .half, .bfloat16:
      { values, result, start in Widening.store(values, as: dtype, into: result.mutableBytes, at: start) }
    case .int32: { put($0, $1, $2, Int32.self, wraps) }
    case .int64: { put($0, $1, $2, Int64.self, wraps) }
    case .uint8: { put($0, $1, $2, UInt8.self, wraps) }
    case .int8: { put($0, $1, $2, Int8.self, wraps) }
    case .int16: { put($0, $1, $2, Int16.self, wraps) }
    case .uint16: { put($0, $1, $2, UInt16.self, wraps) }
    default: nil
    }
  }

  private static func put<T: Element & FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Double>, _ result: Tensor, _ start: Int, _: T.Type, _ wraps: Bool
  ) {
    let elements = result.mutableElements(T.self)
    for index in values.indices {
      let value = values[index]
      if wraps, let integer = Int64(exactly: value) {
        elements[start + index] = T(truncatingIfNeeded: integer)
        continue
      }
      elements[start + index] = T(exactly: value.rounded(.towardZero)) ?? (value.isNaN || value < 0 ? T.min : T.max)
    }
  }
}
