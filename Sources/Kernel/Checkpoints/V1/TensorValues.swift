import Bytes
import Tensors

/// The typed repeated fields of a `TensorProto`, decoded into elements; packed and unpacked encodings mix freely.
enum TensorValues {
  /// How a type's values are kept.
  private enum Encoding {
    /// Numbers of that many bytes, little-endian, as in memory.
    case fixed(Int)
    /// Varints, to be stored in that many bytes.
    case varint(Int, ClosedRange<Int64>)
    /// Varints that use all 64 bits.
    case wide
    case strings
  }

  /// The field that holds values of `dtype`, and their encoding; `nil` for types that V1 checkpoints cannot hold.
  private static func field(of dtype: DType) -> (number: Int, encoding: Encoding)? {
    switch dtype {
    case .float32: (5, .fixed(4))
    case .float64: (6, .fixed(8))
    case .int32, .qint32: (7, .varint(4, Int64(Int32.min)...Int64(Int32.max)))
    case .int16, .qint16: (7, .varint(2, -32768...32767))
    case .uint16, .quint16: (7, .varint(2, 0...65535))
    case .int8, .qint8: (7, .varint(1, -128...127))
    case .uint8, .quint8: (7, .varint(1, 0...255))
    case .string: (8, .strings)
    case .complex64: (9, .fixed(4))
    case .int64: (10, .wide)
    case .bool: (11, .varint(1, 0...1))
    case .complex128: (12, .fixed(8))
    case .half, .bfloat16: (13, .varint(2, 0...65535))
    case .uint32: (16, .varint(4, 0...Int64(UInt32.max)))
    case .uint64: (17, .wide)
    default: nil
    }
  }

  /// The fewest bytes that an element takes in a message; `nil` for types that V1 checkpoints cannot hold.
  static func leastByteCount(of dtype: DType) -> Int? {
    switch field(of: dtype)?.encoding {
    case .fixed: dtype.byteCount
    case .strings: 2
    case .varint, .wide: 1
    case nil: nil
    }
  }

  /// Fills `output` with the numbers of `dtype` in `proto`, which must be exactly as many.
  static func decode(
    _ proto: UnsafeRawBufferPointer, as dtype: DType, into output: UnsafeMutableRawBufferPointer
  ) throws(ByteReader.Fault) {
    guard let (number, encoding) = field(of: dtype) else {
      throw .init(offset: 0, problem: "\(dtype.name) values are not supported")
    }
    var target = Target(output)
    var fields = WireFields(proto)
    while let field = try fields.next() {
      guard field.number == number else { continue }
      switch (encoding, field.value) {
      case (.fixed, .bytes(let packed)): try target.append(packed)
      case (.fixed(4), .fixed32(let bits)): try target.append(UInt64(bits), 4)
      case (.fixed(8), .fixed64(let bits)): try target.append(bits, 8)
      case (.varint, .bytes(let packed)), (.wide, .bytes(let packed)):
        var reader = ByteReader(packed)
        while !reader.isAtEnd { try append(try reader.varint(), encoding, to: &target) }
      case (.varint, .varint(let value)), (.wide, .varint(let value)): try append(value, encoding, to: &target)
      default: throw .init(offset: 0, problem: "its \(dtype.name) values are encoded in an impossible way")
      }
    }
    guard target.count == output.count else {
      throw .init(offset: 0, problem: "\(target.count) bytes of values are stored where \(output.count) are needed")
    }
  }

  private static func append(
    _ value: UInt64, _ encoding: Encoding, to target: inout Target
  ) throws(ByteReader.Fault) {
    guard case .varint(let size, let range) = encoding else { return try target.append(value, 8) }
    let signed = Int64(bitPattern: value)
    // Some encoders write a negative int32 in 32 bits.
    let number = range.lowerBound < 0 && value >> 32 == 0 ? Int64(Int32(truncatingIfNeeded: signed)) : signed
    guard range.contains(number) else {
      throw .init(offset: 0, problem: "the value \(number) is outside \(range.lowerBound)...\(range.upperBound)")
    }
    try target.append(UInt64(bitPattern: number), size)
  }

  /// The strings in `proto`, at most `limit`.
  static func strings(_ proto: UnsafeRawBufferPointer, limit: Int) throws(ByteReader.Fault) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    var fields = WireFields(proto)
    while let field = try fields.next() {
      guard case (8, .bytes(let value)) = (field.number, field.value) else { continue }
      guard strings.count < limit else { throw .init(offset: 0, problem: "more than \(limit) strings are stored") }
      strings.append([UInt8](value))
    }
    return strings
  }
}

/// Output that is never overrun.
private struct Target {
  private let output: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ output: UnsafeMutableRawBufferPointer) { self.output = output }

  /// Appends the low `size` bytes of `value`.
  mutating func append(_ value: UInt64, _ size: Int) throws(ByteReader.Fault) {
    guard output.count - count >= size else { throw overrun }
    for place in 0..<size { output[count + place] = UInt8(truncatingIfNeeded: value >> (8 * place)) }
    count += size
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    guard output.count - count >= bytes.count else { throw overrun }
    UnsafeMutableRawBufferPointer(rebasing: output[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  private var overrun: ByteReader.Fault {
    .init(offset: 0, problem: "more values are stored than the \(output.count) bytes that are needed")
  }
}
