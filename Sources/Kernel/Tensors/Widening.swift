import Bytes
import CKernel

/// Conversions between stored elements and the float64 in which sums are taken.
///
/// All loops are over raw, possibly unaligned bytes (a bundle packs tensors without padding).
package enum Widening {
  /// Elements converted at a time: small enough for the first-level cache.
  package static let blockCount = 2048

  /// Writes `out.count` elements of `dtype`, starting at element `first` of `bytes`, as float64.
  ///
  /// Takes the types of which ``isNumeric(_:)`` is true; booleans become 0 and 1.
  package static func load(
    _ dtype: DType, _ bytes: UnsafeRawBufferPointer, from first: Int, into out: UnsafeMutableBufferPointer<Double>
  ) {
    switch dtype {
    case .float32: copy(Float.self, bytes, first, out) { Double($0) }
    case .float64: copy(Double.self, bytes, first, out) { $0 }
    case .half: loadHalf(bytes, first, out)
    case .bfloat16: copy(UInt16.self, bytes, first, out) { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .int32, .qint32: copy(Int32.self, bytes, first, out) { Double($0) }
    case .uint32: copy(UInt32.self, bytes, first, out) { Double($0) }
    case .int64: copy(Int64.self, bytes, first, out) { Double($0) }
    case .uint64: copy(UInt64.self, bytes, first, out) { Double($0) }
    case .int16, .qint16: copy(Int16.self, bytes, first, out) { Double($0) }
    case .uint16, .quint16: copy(UInt16.self, bytes, first, out) { Double($0) }
    case .int8, .qint8: copy(Int8.self, bytes, first, out) { Double($0) }
    case .uint8, .quint8, .bool: copy(UInt8.self, bytes, first, out) { Double($0) }
    // Only the low bits of the byte count; TensorFlow writes an int4 of -8 as 08, not f8.
    case .int4: copy(Int8.self, bytes, first, out) { Double(($0 << 4) >> 4) }
    case .int2: copy(Int8.self, bytes, first, out) { Double(($0 << 6) >> 6) }
    case .uint4: copy(UInt8.self, bytes, first, out) { Double($0 & 0xf) }
    case .uint2: copy(UInt8.self, bytes, first, out) { Double($0 & 0x3) }
    case .float8E5M2, .float8E4M3FN, .float8E4M3FNUZ, .float8E4M3B11FNUZ, .float8E5M2FNUZ, .float4E2M1FN:
      let table = SmallFloat.table(of: dtype)
      copy(UInt8.self, bytes, first, out) { table[Int($0)] }
    case .string, .variant, .resource, .complex64, .complex128: preconditionFailure("not a real number type")
    }
  }

  /// Whether ``load(_:_:from:into:)`` takes the type.
  package static func isNumeric(_ dtype: DType) -> Bool {
    switch dtype {
    case .string, .variant, .resource, .complex64, .complex128: false
    default: true
    }
  }

  /// Rounds float64 values to `dtype` (a type with ``DType/isFloat``), to nearest, ties to even, and stores them.
  package static func store(
    _ values: UnsafeBufferPointer<Double>, as dtype: DType, into bytes: UnsafeMutableRawBufferPointer, at first: Int
  ) {
    switch dtype {
    case .float32: put(values, bytes, first) { Float($0) }
    case .float64: put(values, bytes, first) { $0 }
    case .half: storeHalf(values, bytes, first)
    case .bfloat16: put(values, bytes, first) { bfloat16Bits($0) }
    default: preconditionFailure("not a floating type")
    }
  }

  /// Stores the binary16 nearest to each float64, rounded once.
  ///
  /// Going through float32 would round twice; making its last bit sticky ("round to odd") keeps the second rounding exact.
  private static func storeHalf(
    _ values: UnsafeBufferPointer<Double>, _ bytes: UnsafeMutableRawBufferPointer, _ first: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { singles in
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { halves in
        for start in stride(from: 0, to: values.count, by: 256) {
          let count = min(256, values.count - start)
          for index in 0..<count { singles[index] = roundedToOdd(values[start + index]) }
          ck_half_from_float(halves.baseAddress, singles.baseAddress, count)
          let target = 2 * (first + start)
          UnsafeMutableRawBufferPointer(rebasing: bytes[target..<(target + 2 * count)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(halves)[..<(2 * count)]))
        }
      }
    }
  }

  private static func bfloat16Bits(_ value: Double) -> UInt16 { bfloat16Bits(roundedToOdd(value)) }

  /// The bfloat16 nearest to a float32; NaN stays NaN.
  package static func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }

  private static func roundedToOdd(_ value: Double) -> Float {
    let single = Float(value)
    let back = Double(single)
    if back == value || !value.isFinite { return single }
    if !single.isFinite { return value < 0 ? -Float.greatestFiniteMagnitude : .greatestFiniteMagnitude }
    // Truncate towards zero, then set the last bit.
    let truncated = back.magnitude > value.magnitude ? Float(bitPattern: single.bitPattern - 1) : single
    return Float(bitPattern: truncated.bitPattern | 1)
  }

  private static func loadHalf(
    _ bytes: UnsafeRawBufferPointer, _ first: Int, _ out: UnsafeMutableBufferPointer<Double>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { singles in
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { halves in
        var done = 0
        while done < out.count {
          let count = min(256, out.count - done)
          let start = 2 * (first + done)
          UnsafeMutableRawBufferPointer(halves).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 2 * count)]))
          ck_float_from_half(singles.baseAddress, halves.baseAddress, count)
          for index in 0..<count { out[done + index] = Double(singles[index]) }
          done += count
        }
      }
    }
  }

  @inline(__always) private static func copy<T: BitwiseCopyable>(
    _: T.Type, _ bytes: UnsafeRawBufferPointer, _ first: Int, _ out: UnsafeMutableBufferPointer<Double>,
    _ convert: (T) -> Double
  ) {
    guard !out.isEmpty else { return }
    let stride = MemoryLayout<T>.size
    precondition((first + out.count) * stride <= bytes.count)
    let source = bytes.baseAddress! + first * stride
    for index in 0..<out.count {
      out[index] = convert(source.loadUnaligned(fromByteOffset: index &* stride, as: T.self))
    }
  }

  @inline(__always) private static func put<T: BitwiseCopyable>(
    _ values: UnsafeBufferPointer<Double>, _ bytes: UnsafeMutableRawBufferPointer, _ first: Int,
    _ convert: (Double) -> T
  ) {
    guard !values.isEmpty else { return }
    let stride = MemoryLayout<T>.size
    precondition((first + values.count) * stride <= bytes.count)
    let target = bytes.baseAddress! + first * stride
    for index in 0..<values.count {
      target.storeBytes(of: convert(values[index]), toByteOffset: index &* stride, as: T.self)
    }
  }
}
