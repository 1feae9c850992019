import ArgumentParser

/// A number of bytes as people write it.
package struct ByteSize: Equatable, Sendable {
  package let bytes: Int

  package init(_ bytes: Int) { self.bytes = bytes }

  /// Reads `1234`, `512B`, `500MB` (10⁶), `1.5GB` (10⁹), `1GiB` (2³⁰), in upper or lower case.
  ///
  /// A unit without its B, as in `1G`, is the same: some tools take it for 2³⁰, and what fits the smaller fits both.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let unit = ByteSize.units[text[digits.endIndex...].lowercased()] else { return nil }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int(parts[0]) else { return nil }
    var bytes = whole.multipliedReportingOverflow(by: unit)
    guard !bytes.overflow else { return nil }
    if parts.count == 2 {
      // Six digits keep the product within 64 bits for every unit.
      guard (1...6).contains(parts[1].count), unit > 1, let fraction = Int(parts[1]) else { return nil }
      let scale = (0..<parts[1].count).reduce(1) { scale, _ in scale * 10 }
      bytes = bytes.partialValue.addingReportingOverflow(fraction * unit / scale)
      guard !bytes.overflow else { return nil }
    }
    self.bytes = bytes.partialValue
  }

  /// What ``init(_:)`` reads, for messages.
  package static let syntax =
    "sizes are 1234, 500M or 1.5GB (powers of 1000), or 1GiB (KiB, MiB, GiB, TiB: of 1024)"

  private static let units: [String: Int] = [
    "": 1, "b": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000,
    "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
  ]
}

extension ByteSize: CustomStringConvertible {
  /// `512 B`, `1.50 kB`, `214 MB`, `12.3 GB`: three digits, decimal units.
  package var description: String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var scale = 1000
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      // A mantissa that rounds up to 1000 is said better by the next unit.
      let hundredths = ByteSize.rounded(bytes, by: scale / 100)
      if hundredths < 10_00 { return "\(hundredths / 100).\(ByteSize.twoDigits(hundredths % 100)) \(unit)" }
      let tenths = ByteSize.rounded(bytes, by: scale / 10)
      if tenths < 100_0 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
      let ones = ByteSize.rounded(bytes, by: scale)
      if ones < 1000 { return "\(ones) \(unit)" }
      scale *= 1000
    }
    let hundredths = ByteSize.rounded(bytes, by: scale / 100)
    return "\(hundredths / 100).\(ByteSize.twoDigits(hundredths % 100)) EB"
  }

  /// `bytes / unit`, rounded half up, exactly.
  private static func rounded(_ bytes: Int, by unit: Int) -> Int {
    let (quotient, remainder) = bytes.quotientAndRemainder(dividingBy: unit)
    return quotient + (remainder >= unit - remainder ? 1 : 0)
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension ByteSize: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }

  package var defaultValueDescription: String { description }
}
