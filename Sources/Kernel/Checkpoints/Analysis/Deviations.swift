import Tensors

/// Differences between two stretches of numbers, gathered block by block in float64.
struct Deviations: Sendable {
  var differingCount = 0
  private var maxAbsolute = 0.0
  private var maxRelative = 0.0
  /// Sums over a·b, a² and b², for the cosine.
  private var products = SIMD4<Double>()
  private let tolerance: Tolerance

  init(_ tolerance: Tolerance) { self.tolerance = tolerance }

  mutating func merge(_ other: Deviations) {
    differingCount += other.differingCount
    maxAbsolute = max(maxAbsolute, other.maxAbsolute)
    maxRelative = max(maxRelative, other.maxRelative)
    products += other.products
  }

  var summary: ValueDifference {
    // Two roots rather than the root of a product, which overflows earlier.
    let norms = products.y.squareRoot() * products.z.squareRoot()
    let cosine = norms > 0 && norms.isFinite ? max(-1, min(1, products.x / norms)) : nil
    return ValueDifference(
      differingCount: differingCount, maxAbsolute: maxAbsolute, maxRelative: maxRelative, cosine: cosine)
  }

  /// Compares `count` elements of two types.
  mutating func add(
    _ left: DType, _ a: UnsafeRawBufferPointer, _ right: DType, _ b: UnsafeRawBufferPointer, count: Int
  ) {
    if left.isComplex || right.isComplex {
      for index in 0..<count { add(Deviations.plane(left, a, index), Deviations.plane(right, b, index)) }
      return
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Widening.blockCount) { scratch in
      for start in stride(from: 0, to: count, by: Widening.blockCount) {
        let length = min(Widening.blockCount, count - start)
        let x = UnsafeMutableBufferPointer(rebasing: scratch[..<length])
        let y = UnsafeMutableBufferPointer(rebasing: scratch[Widening.blockCount..<(Widening.blockCount + length)])
        Widening.load(left, a, from: start, into: x)
        Widening.load(right, b, from: start, into: y)
        add(UnsafeBufferPointer(x), UnsafeBufferPointer(y))
      }
    }
  }

  /// An element as a point of the complex plane.
  private static func plane(_ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ index: Int) -> SIMD2<Double> {
    switch dtype {
    case .complex64: return SIMD2(bytes.loadUnaligned(fromByteOffset: 8 * index, as: SIMD2<Float>.self))
    case .complex128: return bytes.loadUnaligned(fromByteOffset: 16 * index, as: SIMD2<Double>.self)
    default:
      var real = 0.0
      withUnsafeMutablePointer(to: &real) {
        Widening.load(dtype, bytes, from: index, into: UnsafeMutableBufferPointer(start: $0, count: 1))
      }
      return SIMD2(real, 0)
    }
  }

  /// A block; whole vectors first, unless something in it is not finite.
  private mutating func add(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) {
    var block = VectorDeviations(tolerance)
    let (left, right) = (a.vectors, b.vectors)
    for index in 0..<left.count { block.add(left[index], right[index]) }
    var start = 0
    if block.isFinite {
      start = 8 * left.count
      differingCount += Int(block.differing.wrappedSum())
      maxAbsolute = max(maxAbsolute, block.maxAbsolute.max())
      maxRelative = max(maxRelative, block.maxRelative.max())
      products += SIMD4(block.dot.sum(), block.squaresA.sum(), block.squaresB.sum(), 0)
    }
    for index in start..<a.count { add(SIMD2(a[index], 0), SIMD2(b[index], 0)) }
  }

  /// One pair of numbers.
  private mutating func add(_ a: SIMD2<Double>, _ b: SIMD2<Double>) {
    guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else {
      let isEqual = Deviations.isSame(a.x, b.x) && Deviations.isSame(a.y, b.y)
      guard !isEqual else { return }
      differingCount += 1
      maxAbsolute = .infinity
      maxRelative = .infinity
      return
    }
    let difference = Magnitudes.length(a - b)
    let (lengthA, lengthB) = (Magnitudes.length(a), Magnitudes.length(b))
    // Written so that an infinite difference of finite numbers counts too.
    if !(difference <= tolerance.absolute + tolerance.relative * lengthB) { differingCount += 1 }
    maxAbsolute = max(maxAbsolute, difference)
    if difference > 0 { maxRelative = max(maxRelative, difference / max(lengthA, lengthB)) }
    products += SIMD4((a * b).sum(), lengthA * lengthA, lengthB * lengthB, 0)
  }

  private static func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
}

/// The same for eight pairs of real numbers at a time, all of them finite.
private struct VectorDeviations {
  var differing = SIMD8<Int64>()
  var maxAbsolute = SIMD8<Double>()
  var maxRelative = SIMD8<Double>()
  var dot = SIMD8<Double>()
  var squaresA = SIMD8<Double>()
  var squaresB = SIMD8<Double>()
  private let tolerance: Tolerance

  init(_ tolerance: Tolerance) { self.tolerance = tolerance }

  /// Whether no number so far was so large, or not a number, that a sum of squares shows it.
  var isFinite: Bool { (squaresA + squaresB).sum().isFinite }

  @inline(__always) mutating func add(_ a: SIMD8<Double>, _ b: SIMD8<Double>) {
    let difference = magnitude(a - b)
    let (sizeA, sizeB) = (magnitude(a), magnitude(b))
    let limit = tolerance.absolute + tolerance.relative * sizeB
    differing.replace(with: differing &+ 1, where: difference .> limit)
    maxAbsolute.replace(with: difference, where: difference .> maxAbsolute)
    let relative = difference / sizeA.replacing(with: sizeB, where: sizeB .> sizeA)
    // 0 / 0 is no number, hence no larger than anything.
    maxRelative.replace(with: relative, where: relative .> maxRelative)
    dot += a * b
    squaresA += a * a
    squaresB += b * b
  }

  @inline(__always) private func magnitude(_ vector: SIMD8<Double>) -> SIMD8<Double> {
    vector.replacing(with: -vector, where: vector .< 0)
  }
}
