/// Codes of levels that are even steps, computed: how many steps a number is above the first level, rounded.
///
/// In float32 that number of steps is off by less than 255 · 3 · 2⁻²⁴, which is 5 · 10⁻⁵: a difference, a factor and a
/// product are rounded. So it tells the nearest level wherever it is not within 10⁻³ of half-way between two; these
/// numbers, one in five hundred, are looked up by the exact borders.
struct EvenSteps: Sendable {
  private let start: Float
  private let perStep: Float

  /// `nil` when the steps are too small or too large for arithmetic in float32.
  init?(_ levels: [Double]) {
    guard let first = levels.first, let last = levels.last else { return nil }
    start = Float(first)
    perStep = Float(Double(levels.count - 1) / (last - first))
    guard (last - first) < 1e38, perStep.isNormal, perStep < 1e38, Double(start) == first else { return nil }
  }

  /// Writes the codes of `values`, which lie between the first level and the last.
  ///
  /// - Parameter search: the code of a number, found by comparing.
  @inline(__always) func encode(
    _ values: FloatBytes, into codes: UnsafeMutablePointer<UInt8>, _ search: (Float) -> UInt8
  ) {
    // Numbers from 2²³ on have no fraction: adding it rounds, and leaves the whole number in the lowest bits.
    let rounder = SIMD16<Float>(repeating: 0x1p23)
    let limit = SIMD16<Float>(repeating: 0.499)
    let out = UnsafeMutableRawPointer(codes)
    let whole = values.count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
      let vector = values.vector(index)
      let position = (vector - start) * perStep
      let shifted = position + rounder
      let rest = position - (shifted - rounder)
      let numbers = unsafeBitCast(shifted, to: SIMD16<UInt32>.self)
      out.storeBytes(
        of: SIMD16<UInt8>(truncatingIfNeeded: numbers), toByteOffset: index, as: SIMD16<UInt8>.self)
      let isUnsure = (rest .> limit) .| (rest .< -limit)
      guard any(isUnsure) else { continue }
      for lane in 0..<16 where isUnsure[lane] { codes[index + lane] = search(vector[lane]) }
    }
    for index in whole..<values.count { codes[index] = search(values[index]) }
  }
}
