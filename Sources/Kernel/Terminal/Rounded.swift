import Glibc

/// A number to six significant digits, as C's `%g` writes it: for tables, where all digits would hide the point.
package func rounded(_ value: Double) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
    guard let text = buffer.baseAddress else { return value.description }
    // The sign of a NaN means nothing.
    _ = withVaList([value.isNaN ? Double.nan.magnitude : value]) { vsnprintf(text, buffer.count, "%g", $0) }
    return String(cString: text)
  }
}
