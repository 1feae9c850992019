/// The least and the largest of some numbers, and how many are not finite.
struct Extremes: Sendable {
  var minimum = Float.infinity
  var maximum = -Float.infinity
  var nonFiniteCount = 0

  init() {}

  init(_ bytes: UnsafeRawBufferPointer) {
    let values = FloatBytes(bytes)
    var low = SIMD16(repeating: Float.infinity)
    var high = SIMD16(repeating: -Float.infinity)
    // A number times zero is zero, unless it is not finite.
    var zeros = SIMD16<Float>()
    let whole = values.count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
      let vector = values.vector(index)
      low.replace(with: vector, where: vector .< low)
      high.replace(with: vector, where: vector .> high)
      zeros += vector * 0
    }
    guard zeros.sum() == 0 else {
      for index in 0..<values.count { add(values[index]) }
      return
    }
    minimum = low.min()
    maximum = high.max()
    for index in whole..<values.count { add(values[index]) }
  }

  private mutating func add(_ value: Float) {
    guard value.isFinite else {
      nonFiniteCount += 1
      return
    }
    if value < minimum { minimum = value }
    if value > maximum { maximum = value }
  }

  mutating func merge(_ other: Extremes) {
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    nonFiniteCount += other.nonFiniteCount
  }
}
