import Bytes
import CKernel
import Graphs
import Synchronization
import Tensors

extension Operator {
  /// Values that are there, and operators that hand their inputs on.
  static let constants: [Operator] = [
    // value
    Operator("Const") { node in
      guard let encoded = node.attributes.tensor("value") else { throw node.error("has no value") }
      let tensor = Tensor(try encoded.decoded(of: node.name))
      return { call in call.outputs = [tensor] }
    },
    identity("Identity"), identity("IdentityN"), identity("StopGradient"), identity("PreventGradient"),
    identity("Snapshot"), identity("PlaceholderWithDefault"),
    .plain("NoOp") { _ in },
    // Fails the run when the first input is false; the others say why.
    Operator("Assert", isStateful: true) { _ in
      { call in
        try call.expect(atLeast: 1)
        guard call.inputs[0].dtype == .bool else { throw call.unsupported() }
        guard call.inputs[0].elements(UInt8.self).allSatisfy({ $0 != 0 }) else {
          let reasons = call.inputs.dropFirst().flatMap(\.strings).map { String(decoding: $0, as: UTF8.self) }
          throw call.error("its condition does not hold: " + reasons.joined(separator: " ").printable)
        }
      }
    },
    // Fails when a float is NaN or infinite.
    Operator("CheckNumerics") { node in
      let message = String(decoding: node.attributes.bytes("message") ?? [], as: UTF8.self)
      return { call in
        try call.expect(1)
        guard call.inputs[0].dtype == .float32 else { throw call.unsupported() }
        let values = call.inputs[0].floats
        let places = Mutex((nan: false, infinity: false))
        call.threads.split(values.count, grain: 1 << 16) { part in
          guard let start = values.baseAddress, !ck_all_finite(start + part.lowerBound, part.count) else { return }
          let (nan, infinity) = (values[part].contains(where: \.isNaN), values[part].contains(where: \.isInfinite))
          places.withLock { $0 = ($0.nan || nan, $0.infinity || infinity) }
        }
        let found = places.withLock { $0 }
        guard !found.nan, !found.infinity else {
          let kinds = [found.infinity ? "inf" : nil, found.nan ? "nan" : nil].compactMap { $0 }
          let reason = message.isEmpty ? "" : message.printable + ": "
          throw call.error("\(reason)its input \(call.inputs[0]) has \(kinds.joined(separator: " and ")) in it")
        }
        call.outputs = call.inputs
      }
    },
    .plain("ZerosLike") { call in
      try call.expect(1)
      let result = try call.reuse(0, as: call.inputs[0].dtype, call.inputs[0].shape)
      try call.requireNumbers(result)
      result.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
      call.outputs = [result]
    },
    .plain("OnesLike") { call in
      try call.expect(1)
      let one = try call.constant(1, call.inputs[0].dtype)
      call.outputs = [try call.filled(call.inputs[0].shape, with: one)]
    },
    // dims, value
    .plain("Fill") { call in
      try call.expect(2)
      guard call.inputs[1].elementCount == 1 else { throw call.unsupported() }
      call.outputs = [try call.filled(try call.shape(try call.integers(0)), with: call.inputs[1])]
    },
    // start, limit, delta
    .plain("Range") { call in
      try call.expect(3)
      switch call.inputs[0].dtype {
      case .int32: try range(&call, Int32.self)
      case .int64: try range(&call, Int64.self)
      case .float32: try floatRange(&call)
      default: throw call.unsupported()
      }
    },
  ]

  private static func identity(_ name: String) -> Operator {
    .plain(name) { call in call.outputs = call.inputs }
  }

  private static func range<T: Element & FixedWidthInteger>(_ call: inout Call, _: T.Type) throws {
    let values = try (0..<3).map { try call.integer($0) }
    let (start, limit, delta) = (values[0], values[1], values[2])
    guard delta != 0 else { throw call.error("its step is zero") }
    let (distance, overflow) = limit.subtractingReportingOverflow(start)
    guard !overflow, delta > 0 ? distance >= 0 : distance <= 0, delta != Int.min, distance != Int.min else {
      throw call.error("it cannot count from \(start) to \(limit) by \(delta)")
    }
    let count = distance == 0 ? 0 : (distance.magnitude - 1) / delta.magnitude + 1
    let result = try call.allocate(T.dtype, try call.shape([Int(count)]))
    let elements = result.mutableElements(T.self)
    for index in elements.indices { elements[index] = T(truncatingIfNeeded: start &+ index &* delta) }
    call.outputs = [result]
  }

  private static func floatRange(_ call: inout Call) throws {
    guard call.inputs.allSatisfy({ $0.dtype == .float32 && $0.elementCount == 1 }) else { throw call.unsupported() }
    let (start, limit, delta) = (call.inputs[0].floats[0], call.inputs[1].floats[0], call.inputs[2].floats[0])
    let count = (Double(limit) - Double(start)) / Double(delta)
    guard count >= 0, count < 0x1p40 else {
      throw call.error("it cannot count from \(start) to \(limit) by \(delta)")
    }
    let result = try call.allocate(.float32, try call.shape([Int(count.rounded(.up))]))
    let elements = result.mutableFloats
    var value = start
    for index in elements.indices {
      elements[index] = value
      value += delta
    }
    call.outputs = [result]
  }
}

extension Call {
  /// Refuses tensors that have no bytes: strings and handles.
  func requireNumbers(_ tensor: Tensor) throws {
    guard tensor.dtype.byteCount != nil else { throw unsupported() }
  }

  /// A scalar of that value.
  func constant(_ value: Int8, _ dtype: DType) throws -> Tensor {
    let result = try allocate(dtype, .scalar)
    switch dtype {
    case .float32: result.mutableFloats[0] = Float(value)
    case .float64: result.mutableElements(Double.self)[0] = Double(value)
    case .int32: result.mutableElements(Int32.self)[0] = Int32(value)
    case .int64: result.mutableElements(Int64.self)[0] = Int64(value)
    case .int8: result.mutableElements(Int8.self)[0] = value
    case .uint8, .bool: result.mutableElements(UInt8.self)[0] = UInt8(truncatingIfNeeded: value)
    case .half: result.mutableElements(UInt16.self)[0] = Float16(value).bitPattern
    default: throw unsupported()
    }
    return result
  }

  /// A tensor of one value repeated.
  func filled(_ shape: Shape, with value: Tensor) throws -> Tensor {
    guard value.elementCount == 1 else { throw error("fills with \(value), where one value is expected") }
    if value.dtype == .string {
      return try strings(shape) { Array(repeating: value.strings[0], count: shape.elementCount) }
    }
    try requireNumbers(value)
    let result = try allocate(value.dtype, shape)
    let source = value.bytes
    let target = result.mutableBytes
    switch source.count {
    case 1: target.fill(source.loadUnaligned(as: UInt8.self))
    case 2: target.fill(source.loadUnaligned(as: UInt16.self))
    case 4: target.fill(source.loadUnaligned(as: UInt32.self))
    case 8: target.fill(source.loadUnaligned(as: UInt64.self))
    default: throw unsupported()
    }
    return result
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func fill<T: BitwiseCopyable>(_ value: T) {
    _ = initializeMemory(as: T.self, repeating: value)
  }
}
