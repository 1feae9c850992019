import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct WideningTests {
  /// The bfloat16 nearest to a float64, by comparing the distances to both neighbours.
  static func nearestBfloat16(_ value: Double) -> UInt16 {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    let magnitude = value.magnitude
    func number(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }
    // The largest bfloat16 not above the magnitude: bit patterns are ordered as their values.
    var low: UInt16 = 0
    var high: UInt16 = 0x7f80
    while high - low > 1 {
      let middle = (low + high) / 2
      if number(middle) <= magnitude { low = middle } else { high = middle }
    }
    // Infinity takes the place of the next power of two in the rounding.
    let above = high == 0x7f80 ? 0x1p128 : number(high)
    let down = magnitude - number(low)
    let up = above - magnitude
    return sign | (down < up || (down == up && low & 1 == 0) ? low : high)
  }

  @Test func bfloat16RoundsToNearestEven() {
    var random = SplitMix(seed: 9)
    var values: [Double] = [
      0, -0.0, 1, 1.00390625, 1.01171875, 0x1.fep127, 0x1.ffp127, 0x1.feffffp127, 0x1p-133, 0x1p-134,
    ]
    for _ in 0..<50_000 {
      let bits = UInt32(truncatingIfNeeded: random.next()) & 0x7f7f_8000
      let edge = Double(Float(bitPattern: bits))
      values += [edge, edge.nextUp, edge.nextDown, -edge, -edge.nextUp]
    }
    let stored = store(values, as: .bfloat16, UInt16.self)
    let wrong = zip(values, stored).filter { value, bits in
      value.sign == .minus && value == 0 ? bits != 0x8000 : Self.nearestBfloat16(value) != bits
    }
    #expect(wrong.isEmpty)
    #expect(store([.infinity, -.infinity], as: .bfloat16, UInt16.self) == [0x7f80, 0xff80])
    let nans = store([.nan, -.nan, Double(Float(bitPattern: 0x7f80_0001))], as: .bfloat16, UInt16.self)
    #expect(nans.allSatisfy { $0 & 0x7f80 == 0x7f80 && $0 & 0x7f != 0 })
  }

  @Test func smallFloatsHaveTheValuesOfMlDtypes() throws {
    let data = Data(fixtureBytes("containers/small_floats.json"))
    let tables = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String]])
    #expect(tables.count == 6)
    for (name, texts) in tables {
      let dtype = try #require(DType(named: name))
      var values = [Double](repeating: 0, count: texts.count)
      values.withUnsafeMutableBufferPointer { values in
        [UInt8](0...255).withUnsafeBytes { Widening.load(dtype, $0, from: 0, into: values) }
      }
      for (value, text) in zip(values, texts) {
        // Double reads C99 hexadecimal floats and nan.
        let expected = try #require(Double(text == "inf" ? "infinity" : text))
        #expect(expected.isNaN ? value.isNaN : value.bitPattern == expected.bitPattern, "\(name) \(text)")
      }
    }
  }

  @Test func integersWidenWithTheirSign() {
    let bytes = [UInt8](repeating: 0xff, count: 8)
    let expected: [(DType, Double)] = [
      (.int8, -1), (.uint8, 255), (.int16, -1), (.uint16, 65535), (.int32, -1), (.uint32, 4_294_967_295),
      (.int64, -1), (.uint64, 0x1p64), (.qint8, -1), (.quint8, 255), (.qint16, -1), (.quint16, 65535),
      (.qint32, -1),
    ]
    for (dtype, value) in expected {
      var out: [Double] = [0]
      out.withUnsafeMutableBufferPointer { out in
        bytes.withUnsafeBytes { Widening.load(dtype, $0, from: 0, into: out) }
      }
      #expect(out == [value], "\(dtype)")
    }
  }
}
