import Tensors

/// Count, extremes, mean and spread of the finite numbers seen so far, and how many were not finite.
///
/// A block's mean is taken first and the squares of the distances from it second; blocks are joined by the update of
/// Chan, Golub and LeVeque (1979). So nothing cancels, and since blocks are cut by position and joined in order the
/// result does not depend on threads.
struct Moments: Sendable, Equatable {
  /// Finite numbers.
  var count = 0
  var zeroCount = 0
  var nanCount = 0
  var infinityCount = 0
  var minimum = Double.infinity
  var maximum = -Double.infinity
  var mean = 0.0
  /// Sum of squared distances from the mean.
  var spread = 0.0

  /// Adds what `other` has seen.
  mutating func merge(_ other: Moments) {
    zeroCount += other.zeroCount
    nanCount += other.nanCount
    infinityCount += other.infinityCount
    guard other.count > 0 else { return }
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    let total = Double(count) + Double(other.count)
    let distance = other.mean - mean
    let weight = Double(other.count) / total
    mean += distance * weight
    spread += other.spread + distance * distance * (Double(count) * weight)
    count += other.count
  }

  /// Adds the elements of `bytes`; of complex numbers, their magnitudes.
  mutating func add(_ dtype: DType, _ bytes: UnsafeRawBufferPointer, count: Int) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Widening.blockCount) { scratch in
      for start in stride(from: 0, to: count, by: Widening.blockCount) {
        let block = UnsafeMutableBufferPointer(rebasing: scratch[..<min(Widening.blockCount, count - start)])
        Magnitudes.load(dtype, bytes, from: start, into: block)
        merge(Moments(block))
      }
    }
  }

  init() {}

  /// Of one block; moves its finite numbers to the front if there are others.
  private init(_ block: UnsafeMutableBufferPointer<Double>) {
    var values = UnsafeBufferPointer(block)
    var sums = Sums(values)
    if !sums.total.isFinite {
      values = UnsafeBufferPointer(rebasing: values[..<compact(block)])
      sums = Sums(values)
    }
    count = values.count
    zeroCount = sums.zeroCount
    guard count > 0 else { return }
    minimum = sums.minimum
    maximum = sums.maximum
    mean = sums.total / Double(count)
    // Finite numbers whose sum is not: near the end of float64's range.
    if !mean.isFinite { mean = values.reduce(0) { $0 + $1 / Double(values.count) } }
    spread = Moments.spread(values, around: mean)
  }

  /// Counts NaNs and infinities, and moves everything else to the front; returns how many those are.
  private mutating func compact(_ block: UnsafeMutableBufferPointer<Double>) -> Int {
    var kept = 0
    for value in block {
      if value.isFinite {
        block[kept] = value
        kept += 1
      } else if value.isNaN {
        nanCount += 1
      } else {
        infinityCount += 1
      }
    }
    return kept
  }

  private static func spread(_ values: UnsafeBufferPointer<Double>, around mean: Double) -> Double {
    var lanes = SIMD8<Double>()
    let vectors = values.vectors
    for index in 0..<vectors.count {
      let distance = vectors[index] - mean
      lanes += distance * distance
    }
    var total = lanes.sum()
    for value in values[(vectors.count * 8)...] { total += (value - mean) * (value - mean) }
    return total
  }
}

/// Sum, extremes and zeros of a block that fits the first-level cache.
private struct Sums {
  var total = 0.0
  var minimum = Double.infinity
  var maximum = -Double.infinity
  var zeroCount = 0

  init(_ values: UnsafeBufferPointer<Double>) {
    var sum = SIMD8<Double>()
    var low = SIMD8(repeating: Double.infinity)
    var high = SIMD8(repeating: -Double.infinity)
    var zeros = SIMD8<Int64>()
    let vectors = values.vectors
    for index in 0..<vectors.count {
      let vector = vectors[index]
      sum += vector
      low.replace(with: vector, where: vector .< low)
      high.replace(with: vector, where: vector .> high)
      zeros.replace(with: zeros &+ 1, where: vector .== 0)
    }
    total = sum.sum()
    minimum = low.min()
    maximum = high.max()
    zeroCount = Int(zeros.wrappedSum())
    for value in values[(vectors.count * 8)...] {
      total += value
      if value < minimum { minimum = value }
      if value > maximum { maximum = value }
      if value == 0 { zeroCount += 1 }
    }
  }
}

extension UnsafeBufferPointer<Double> {
  /// The numbers as whole vectors of eight, read without asking for alignment; up to seven are left at the end.
  var vectors: UnalignedVectors { UnalignedVectors(base: UnsafeRawPointer(baseAddress), count: count / 8) }
}

struct UnalignedVectors {
  fileprivate let base: UnsafeRawPointer?
  let count: Int

  /// - Precondition: `index` is below ``count``.
  @inline(__always) subscript(index: Int) -> SIMD8<Double> {
    base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index &* 64, as: SIMD8<Double>.self)
  }
}

/// Elements as float64, complex ones by their magnitude.
enum Magnitudes {
  static func load(
    _ dtype: DType, _ bytes: UnsafeRawBufferPointer, from first: Int, into out: UnsafeMutableBufferPointer<Double>
  ) {
    switch dtype {
    case .complex64:
      for index in out.indices {
        let parts = bytes.loadUnaligned(fromByteOffset: 8 * (first + index), as: SIMD2<Float>.self)
        out[index] = length(SIMD2<Double>(parts))
      }
    case .complex128:
      for index in out.indices {
        out[index] = length(bytes.loadUnaligned(fromByteOffset: 16 * (first + index), as: SIMD2<Double>.self))
      }
    default: Widening.load(dtype, bytes, from: first, into: out)
    }
  }

  /// The length of a vector in the plane, without overflow on the way.
  static func length(_ vector: SIMD2<Double>) -> Double {
    let (x, y) = (vector.x.magnitude, vector.y.magnitude)
    let (large, small) = x < y ? (y, x) : (x, y)
    guard large > 0, large.isFinite, small.isFinite else { return x + y }
    let ratio = small / large
    return large * (1 + ratio * ratio).squareRoot()
  }
}
