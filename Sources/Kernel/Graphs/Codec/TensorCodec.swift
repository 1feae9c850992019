import Bytes
import CKernel
import CProtobufC
import Tensors

extension EncodedTensor {
  /// The bytes that a decoded constant may have. Its encoding may be much smaller: one value can stand for all.
  private static let byteLimit = 1 << 30
  /// The strings that it may have.
  private static let stringLimit = 1 << 24

  /// A constant of that value.
  public init(_ value: TensorValue) {
    let encoder = GraphEncoder()
    let message = encoder.arena.message(ck__tensor_proto__init)
    message.pointee.dtype = value.dtype.rawValue
    message.pointee.tensor_shape = encoder.shape(PartialShape(value.shape))
    message.pointee.tensor_content = encoder.arena.data(value.bytes)
    message.pointee.n_string_val = value.strings.count
    message.pointee.string_val = encoder.arena.data(value.strings)
    bytes = withExtendedLifetime(encoder.arena) { packed(message) }
  }

  /// The type and shape that the constant claims to have.
  ///
  /// - Throws: ``ByteReader/Fault`` when it is no tensor.
  package func header() throws -> (type: TypeCode, shape: PartialShape) {
    try bytes.withUnsafeBytes { bytes in
      try withUnpacked(bytes, ck__tensor_proto__init) { message in
        (TypeCode(rawValue: message.pointee.dtype), EncodedTensor.shape(message.pointee))
      }
    }
  }

  /// The bytes of memory that the decoded constant takes; 0 when it is no constant, which ``decoded(of:)`` says.
  package var decodedByteCount: Int {
    guard let (type, shape) = try? header(), let dtype = type.dtype, let shape = shape.shape else { return 0 }
    let (list, overflow) = shape.elementCount.multipliedReportingOverflow(by: MemoryLayout<[UInt8]>.stride)
    return dtype == .string ? (overflow ? Int.max : list) : shape.byteCount(of: dtype) ?? Int.max
  }

  /// The constant's value by TensorFlow's rules (specs: formats §8): `tensor_content` wins; else the type's own field
  /// counts, its last value standing for all that are missing, and none for zeros.
  ///
  /// - Throws: ``KernelError`` `.badData` at the node `name` when it is no tensor, of a type without values of its own
  ///   (resources, variants), of a shape that is not wholly known, of another size than it says, or larger than 1 GiB.
  public func decoded(of name: String) throws -> TensorValue {
    do { return try decoded() } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, "", at: .node(name), "its constant: " + fault.problem)
    }
  }

  private func decoded() throws -> TensorValue {
    try bytes.withUnsafeBytes { bytes in
      try withUnpacked(bytes, ck__tensor_proto__init) { message in
        try EncodedTensor.value(message.pointee)
      }
    }
  }

  private static func shape(_ message: Ck__TensorProto) -> PartialShape {
    message.tensor_shape.map { GraphDecoder.shape($0.pointee) ?? .unknown } ?? .scalar
  }

  private static func value(_ message: Ck__TensorProto) throws -> TensorValue {
    let code = TypeCode(rawValue: message.dtype)
    guard let dtype = code.dtype, !code.isReference else { throw fault("it is of \(code), which has no values") }
    let claimed = shape(message)
    guard let shape = claimed.shape else { throw fault("its shape \(claimed) is not a constant's") }
    if dtype == .string {
      guard shape.elementCount <= stringLimit else { throw fault("it is said to be \(shape) strings") }
      let given = values(message.string_val, message.n_string_val).prefix(shape.elementCount).map(\.array)
      let missing = repeatElement(given.last ?? [], count: shape.elementCount - given.count)
      return try checked(TensorValue(shape, strings: given + missing))
    }
    guard let byteCount = shape.byteCount(of: dtype), let size = dtype.byteCount else {
      throw fault("it is of type \(dtype.name), or of a size that overflows")
    }
    if message.tensor_content.len > 0 {
      guard message.tensor_content.len == byteCount else {
        throw fault("it has \(message.tensor_content.len) bytes where \(shape) of \(dtype.name) has \(byteCount)")
      }
      return try checked(TensorValue(dtype, shape, bytes: message.tensor_content.array))
    }
    guard byteCount <= byteLimit else { throw fault("it is said to have \(byteCount) bytes") }
    let given = Array(typedBytes(message, dtype).prefix(byteCount))
    let last = given.count >= size ? Array(given.suffix(size)) : Array(repeating: 0, count: size)
    let bytes = repeating(last, after: given, byteCount: byteCount)
    return try checked(TensorValue(dtype, shape, bytes: bytes))
  }

  /// `given` and then as many of `last` as fill the bytes.
  private static func repeating(_ last: [UInt8], after given: [UInt8], byteCount: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
      let target = UnsafeMutableRawBufferPointer(buffer)
      target.copyBytes(from: given)
      filled = given.count
      while filled < byteCount {
        // Copies of what is there already, so that the steps double.
        let start = filled == given.count ? nil : given.count
        let count = min(start.map { filled - $0 } ?? last.count, byteCount - filled)
        let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled..<(filled + count)])
        if let start {
          rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: target[start..<(start + count)]))
        } else {
          rest.copyBytes(from: last.prefix(count))
        }
        filled += count
      }
    }
  }

  private static func checked(_ value: TensorValue?) throws -> TensorValue {
    guard let value else { throw fault("its values do not fit its shape") }
    return value
  }

  /// The values in the field that belongs to `dtype`, little-endian.
  private static func typedBytes(_ message: Ck__TensorProto, _ dtype: DType) -> [UInt8] {
    switch dtype {
    case .float32: bytes(values(message.float_val, message.n_float_val))
    case .float64: bytes(values(message.double_val, message.n_double_val))
    case .complex64: bytes(values(message.scomplex_val, message.n_scomplex_val & ~1))
    case .complex128: bytes(values(message.dcomplex_val, message.n_dcomplex_val & ~1))
    case .int64: bytes(values(message.int64_val, message.n_int64_val))
    case .uint64: bytes(values(message.uint64_val, message.n_uint64_val))
    case .uint32: bytes(values(message.uint32_val, message.n_uint32_val))
    case .bool: values(message.bool_val, message.n_bool_val).map { $0 != 0 ? 1 : 0 }
    case .half, .bfloat16: low(values(message.half_val, message.n_half_val), 2)
    case .float8E5M2, .float8E4M3FN, .float8E4M3FNUZ, .float8E4M3B11FNUZ, .float8E5M2FNUZ:
      message.float8_val.array
    default: low(values(message.int_val, message.n_int_val), dtype.byteCount ?? 0)
    }
  }

  private static func bytes<Value>(_ values: UnsafeBufferPointer<Value>) -> [UInt8] {
    [UInt8](UnsafeRawBufferPointer(values))
  }

  /// The low `size` bytes of each number.
  private static func low(_ values: UnsafeBufferPointer<Int32>, _ size: Int) -> [UInt8] {
    values.flatMap { value in (0..<min(size, 4)).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) } }
  }

  private static func fault(_ problem: String) -> ByteReader.Fault { .init(offset: 0, problem: problem) }
}
