/// The values of the 8- and 4-bit floating types, as tables of 256 float64.
///
/// Layouts (sign, exponent, mantissa, bias) as published with ml_dtypes; `fn` has no infinities, `uz` no negative
/// zero (its bit pattern is the only NaN).
enum SmallFloat {
  static func table(of dtype: DType) -> [Double] {
    switch dtype {
    case .float8E5M2: e5m2
    case .float8E4M3FN: e4m3fn
    case .float8E4M3FNUZ: e4m3fnuz
    case .float8E4M3B11FNUZ: e4m3b11fnuz
    case .float8E5M2FNUZ: e5m2fnuz
    default: e2m1fn
    }
  }

  private static let e5m2 = (0..<256).map { bits -> Double in
    let mantissa = bits & 3
    guard bits & 0x7c == 0x7c else { return value(bits, mantissaBits: 2, bias: 15) }
    return mantissa != 0 ? .nan : bits & 0x80 == 0 ? .infinity : -.infinity
  }
  private static let e4m3fn = (0..<256).map { $0 & 0x7f == 0x7f ? .nan : value($0, mantissaBits: 3, bias: 7) }
  private static let e4m3fnuz = (0..<256).map { $0 == 0x80 ? .nan : value($0, mantissaBits: 3, bias: 8) }
  private static let e4m3b11fnuz = (0..<256).map { $0 == 0x80 ? .nan : value($0, mantissaBits: 3, bias: 11) }
  private static let e5m2fnuz = (0..<256).map { $0 == 0x80 ? .nan : value($0, mantissaBits: 2, bias: 16) }
  private static let e2m1fn = (0..<256).map { value(($0 & 8) << 4 | $0 & 7, mantissaBits: 1, bias: 1) }

  private static func value(_ bits: Int, mantissaBits: Int, bias: Int) -> Double {
    let mantissa = bits & (1 << mantissaBits - 1)
    let exponent = (bits & 0x7f) >> mantissaBits
    let significand = Double(exponent == 0 ? mantissa : mantissa | 1 << mantissaBits)
    let scale = Double(sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: 1)
    return (bits & 0x80 == 0 ? 1 : -1) * significand * scale
  }
}
