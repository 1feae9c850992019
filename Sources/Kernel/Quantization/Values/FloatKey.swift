/// Float32 numbers as integers in the same order, and the cells into which these integers are cut.
///
/// A cell holds 2¹⁴ neighbours: one sign, one exponent, nine bits of the fraction. Inside a cell the numbers lie evenly,
/// so a cell is an interval whatever its scale.
enum FloatKey {
  /// Bits of a key below its cell.
  static let lowBits: UInt32 = 14
  static let lowMask: UInt32 = (1 << lowBits) - 1
  static let cellCount = 1 << (32 - Int(lowBits))

  /// The place of `value` among all float32 numbers; both zeros have the same.
  @inline(__always) static func key(_ value: Float) -> UInt32 {
    let bits = Int32(bitPattern: (value + 0).bitPattern)
    return UInt32(bitPattern: bits) ^ (UInt32(bitPattern: bits >> 31) | 0x8000_0000)
  }

  @inline(__always) static func cell(_ key: UInt32) -> Int { Int(truncatingIfNeeded: key >> lowBits) }

  /// The number at that place.
  static func value(_ key: UInt32) -> Float {
    Float(bitPattern: key >> 31 == 1 ? key ^ 0x8000_0000 : ~key)
  }

  /// The places of the finite numbers.
  static let finite = key(-Float.greatestFiniteMagnitude)...key(Float.greatestFiniteMagnitude)
}
