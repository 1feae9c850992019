import Bytes
import Glibc
import Tensors

/// Single elements as text.
enum ElementText {
  typealias Appender = (_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ text: inout [UInt8]) -> Void

  /// What writes elements of `dtype`; `nil` for types without elements of a fixed size.
  static func appender(_ dtype: DType) -> Appender? {
    switch dtype {
    case .float32: decimal(Float.self)
    case .float64: decimal(Double.self)
    case .half: decimal(Float16.self)
    case .bfloat16:
      { $2.append(contentsOf: bfloat16($0.loadUnaligned(fromByteOffset: $1, as: UInt16.self)).utf8) }
    case .complex64: complex(Float.self)
    case .complex128: complex(Double.self)
    case .int64: integer(Int64.self)
    case .uint64: integer(UInt64.self)
    case .int32, .qint32: integer(Int32.self)
    case .uint32: integer(UInt32.self)
    case .int16, .qint16: integer(Int16.self)
    case .uint16, .quint16: integer(UInt16.self)
    case .int8, .qint8: integer(Int8.self)
    case .uint8, .quint8: integer(UInt8.self)
    case .int4, .int2, .uint4, .uint2: table(dtype) { Int($0).description }
    case .bool: { $2 += Array(($0[$1] == 0 ? "false" : "true").utf8) }
    case .float8E5M2, .float8E4M3FN, .float8E4M3FNUZ, .float8E4M3B11FNUZ, .float8E5M2FNUZ, .float4E2M1FN:
      // Written exactly: they have few digits.
      table(dtype) { shortest($0) }
    case .string, .variant, .resource: nil
    }
  }

  private static func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> Appender {
    { $2.append(contentsOf: $0.loadUnaligned(fromByteOffset: $1, as: T.self).description.utf8) }
  }

  private static func decimal<T: BinaryFloatingPoint & BitwiseCopyable & CustomStringConvertible>(
    _: T.Type
  ) -> Appender {
    { $2.append(contentsOf: shortest($0.loadUnaligned(fromByteOffset: $1, as: T.self)).utf8) }
  }

  /// Parts in parentheses as Python has them: `(1.5-2.0j)`.
  private static func complex<T: BinaryFloatingPoint & BitwiseCopyable & CustomStringConvertible>(
    _: T.Type
  ) -> Appender {
    { bytes, offset, text in
      let real = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
      let imaginary = bytes.loadUnaligned(fromByteOffset: offset + MemoryLayout<T>.size, as: T.self)
      let sign = imaginary.sign == .minus && !imaginary.isNaN ? "" : "+"
      text.append(contentsOf: "(\(shortest(real))\(sign)\(shortest(imaginary))j)".utf8)
    }
  }

  /// For types of one byte: the texts of the 256 values.
  private static func table(_ dtype: DType, _ text: (Double) -> String) -> Appender {
    let codes = (0..<256).map { UInt8($0) }
    let texts = withUnsafeTemporaryAllocation(of: Double.self, capacity: 256) { values in
      codes.withUnsafeBytes { Widening.load(dtype, $0, from: 0, into: values) }
      return values.map { Array(text($0).utf8) }
    }
    return { $2 += texts[Int($0[$1])] }
  }

  private static func shortest<T: BinaryFloatingPoint & CustomStringConvertible>(_ value: T) -> String {
    // Swift shows the sign and payload of a NaN, which no reader of text understands.
    value.isNaN ? "nan" : value.description
  }

  /// The fewest digits that, read as float32 and rounded to bfloat16, give back `bits`.
  static func bfloat16(_ bits: UInt16) -> String {
    let value = Float(bitPattern: UInt32(bits) << 16)
    guard value.isFinite, value != 0 else { return shortest(value) }
    for digits in 1..<9 {
      let rounded = rounded(value, digits: digits)
      if Widening.bfloat16Bits(rounded) == bits { return rounded.description }
    }
    return shortest(value)
  }

  /// `value` to that many significant decimal digits.
  private static func rounded(_ value: Float, digits: Int) -> Float {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
      guard let text = buffer.baseAddress else { return value }
      _ = withVaList([Int32(digits - 1), Double(value)]) { vsnprintf(text, buffer.count, "%.*e", $0) }
      return strtof(text, nil)
    }
  }
}
