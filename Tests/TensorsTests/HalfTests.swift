import CKernel
import TestSupport
import Testing

@testable import Tensors

/// Half precision against Swift's own Float16, which the compiler's run-time library or the CPU implements.
@Suite struct HalfTests {
  static let halves = (0...UInt16.max).map { $0 }

  /// float32 values around every boundary of the rounding: each half, halfway to the next, and one bit beside both.
  static let singles: [Float] = {
    var values: [Float] = []
    for bits in halves where Float16(bitPattern: bits).isFinite {
      let value = Float(Float16(bitPattern: bits))
      let next = Float(Float16(bitPattern: bits + 1))
      let middle = next.isFinite ? (value + next) / 2 : value.sign == .minus ? -65520 : 65520
      for center in [value, middle] { values += [center.nextDown, center, center.nextUp] }
    }
    return values + [.infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, -0.0]
  }()

  static func toSingle(
    _ halves: [UInt16], _ convert: (UnsafeMutablePointer<Float>?, UnsafePointer<UInt16>?, Int) -> Void
  )
    -> [Float]
  {
    var out = [Float](repeating: 0, count: halves.count)
    convert(&out, halves, halves.count)
    return out
  }

  static func toHalf(
    _ singles: [Float], _ convert: (UnsafeMutablePointer<UInt16>?, UnsafePointer<Float>?, Int) -> Void
  )
    -> [UInt16]
  {
    var out = [UInt16](repeating: 0, count: singles.count)
    convert(&out, singles, singles.count)
    return out
  }

  @Test func allHalvesWidenExactly() {
    let fast = Self.toSingle(Self.halves) { ck_float_from_half($0, $1, $2) }
    let portable = Self.toSingle(Self.halves) { ck_float_from_half_portable($0, $1, $2) }
    for bits in Self.halves {
      let expected = Float(Float16(bitPattern: bits))
      let found = fast[Int(bits)]
      #expect(found.bitPattern == portable[Int(bits)].bitPattern)
      #expect(expected.isNaN ? found.isNaN : found.bitPattern == expected.bitPattern)
    }
  }

  @Test func everyRoundingBoundaryRoundsAsFloat16() {
    let fast = Self.toHalf(Self.singles) { ck_half_from_float($0, $1, $2) }
    let portable = Self.toHalf(Self.singles) { ck_half_from_float_portable($0, $1, $2) }
    #expect(fast == portable)
    let wrong = zip(Self.singles, fast).filter { single, half in
      let expected = Float16(single)
      return expected.isNaN ? !Float16(bitPattern: half).isNaN : expected.bitPattern != half
    }
    #expect(wrong.isEmpty)
  }

  @Test func randomBitPatternsAgreeBothWays() {
    var random = SplitMix(seed: 7)
    let singles = (0..<100_003).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
    let fast = Self.toHalf(singles) { ck_half_from_float($0, $1, $2) }
    #expect(fast == Self.toHalf(singles) { ck_half_from_float_portable($0, $1, $2) })
    let wrong = zip(singles, fast).filter { !$0.isNaN && Float16($0).bitPattern != $1 }
    #expect(wrong.isEmpty)
  }

  @Test func float64RoundsToHalfOnce() {
    var random = SplitMix(seed: 8)
    var values = Self.singles.flatMap { [Double($0), Double($0).nextUp, Double($0).nextDown] }
    values += (0..<100_000).map { _ in Double.random(in: -70000...70000, using: &random) }
    values += (0..<100_000).map { _ in Double.random(in: -1e-4...1e-4, using: &random) }
    let stored = store(values, as: .half, UInt16.self)
    let wrong = zip(values, stored).filter { !$0.isNaN && Float16($0).bitPattern != $1 }
    #expect(wrong.isEmpty)
  }

  @Test func halvesLoadFromAnyOffset() {
    var bytes: [UInt8] = [0]
    for half in Self.halves { bytes += [UInt8(truncatingIfNeeded: half), UInt8(half >> 8)] }
    var out = [Double](repeating: 0, count: 1000)
    bytes.withUnsafeBytes { bytes in
      let unaligned = UnsafeRawBufferPointer(rebasing: bytes[1...])
      out.withUnsafeMutableBufferPointer { Widening.load(.half, unaligned, from: 15_000, into: $0) }
    }
    let wrong = zip(15_000..., out).filter { Double(Float16(bitPattern: UInt16($0))) != $1 }
    #expect(wrong.isEmpty)
  }
}

/// `values` rounded to `dtype` and read back as bit patterns.
func store<T: FixedWidthInteger & BitwiseCopyable>(_ values: [Double], as dtype: DType, _: T.Type) -> [T] {
  var out = [T](repeating: 0, count: values.count)
  values.withUnsafeBufferPointer { values in
    out.withUnsafeMutableBytes { Widening.store(values, as: dtype, into: $0, at: 0) }
  }
  return out
}
