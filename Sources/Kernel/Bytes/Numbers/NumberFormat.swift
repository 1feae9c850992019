import Glibc

/// How numbers become text, as C's `printf` does it in the "C" locale.
package enum NumberFormat: Equatable, Sendable {
  /// `%.Ng` for `N` from 1 to 17: that many significant digits, no zeros at the end, an exponent when it is shorter.
  case significant(Int)
  /// `%.Nf` for `N` from 0 to 17.
  case fixed(Int)
  /// The fewest digits that read back as the same number.
  case shortest

  /// `%g`, in which the published programs write predictions.
  package static let reference = NumberFormat.significant(6)

  /// No number takes more bytes.
  package static let byteLimit = 352

  /// Writes `value` to `out`, where there is room for ``byteLimit`` bytes.
  ///
  /// The digits are those of the number times a power of ten, exactly; where 128 bits are too few for that, with numbers
  /// far from 1, the C library is asked.
  ///
  /// - Returns: how many bytes it takes.
  package func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
    switch self {
    case .significant(let count): NumberFormat.writeSignificant(value, min(max(count, 1), 17), out)
    case .fixed(let count): NumberFormat.writeFixed(value, min(max(count, 0), 17), out)
    case .shortest: NumberFormat.copy(value.description, out)
    }
  }

  /// The same for a float32, whose shortest form has at most nine digits.
  package func write(_ value: Float, to out: UnsafeMutablePointer<UInt8>) -> Int {
    self == .shortest ? NumberFormat.copy(value.description, out) : write(Double(value), to: out)
  }

  /// The text by itself.
  package func text(_ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberFormat.byteLimit) { buffer in
      guard let out = buffer.baseAddress else { return "" }
      return String(decoding: UnsafeBufferPointer(start: out, count: write(value, to: out)), as: UTF8.self)
    }
  }

  /// Swift's own shortest form, without its `.0` after whole numbers.
  private static func copy(_ text: String, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 0
    for byte in text.utf8 {
      out[count] = byte
      count += 1
    }
    if count > 2, out[count - 1] == UInt8(ascii: "0"), out[count - 2] == UInt8(ascii: ".") { count -= 2 }
    return count
  }

  /// What the C library makes of it.
  static func writeSlowly(
    _ value: Double, _ digits: Int, _ format: StaticString, _ out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    format.utf8Start.withMemoryRebound(to: CChar.self, capacity: format.utf8CodeUnitCount + 1) { format in
      out.withMemoryRebound(to: CChar.self, capacity: byteLimit) { out in
        withVaList([Int32(digits), value]) { Int(vsnprintf(out, byteLimit, format, $0)) }
      }
    }
  }
}
