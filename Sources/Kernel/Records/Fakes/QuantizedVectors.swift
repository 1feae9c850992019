import Bytes

/// Vectors as bytes, enough to tell the cosine between two of them: of 1024 random numbers to 1e-4, at worst 5e-4.
///
/// Each vector is scaled by its own largest element, which a cosine does not see. Memory: a byte a number.
struct QuantizedVectors: Sendable {
  let dimension: Int
  private(set) var count = 0
  private var bytes: [Int8] = []
  /// Euclidean norms of the rounded vectors.
  private var norms: [Float] = []

  init(dimension: Int) { self.dimension = dimension }

  private func unlike(_ other: Int) -> KernelError {
    KernelError(.badData, "", "mean images of \(dimension) and of \(other) numbers cannot be compared")
  }

  /// Adds a vector.
  ///
  /// - Throws: ``KernelError`` `.badData` when it has another dimension.
  mutating func append(_ vector: [Double]) throws {
    guard vector.count == dimension else { throw unlike(vector.count) }
    // A vector with a number that is not finite, or of hardly anything, has no direction.
    let largest = vector.allSatisfy(\.isFinite) ? vector.reduce(0) { max($0, abs($1)) } : 0
    let scale = largest > .leastNormalMagnitude * 128 ? 127 / largest : 0
    var square: Int32 = 0
    for value in vector {
      let byte = scale == 0 ? 0 : Int8((value * scale).rounded())
      bytes.append(byte)
      square += Int32(byte) * Int32(byte)
    }
    norms.append(Float(square).squareRoot())
    count += 1
  }

  /// Adds the vectors of `other`.
  ///
  /// - Throws: ``KernelError`` `.badData` when they have another dimension.
  mutating func append(_ other: QuantizedVectors) throws {
    guard other.dimension == dimension else { throw unlike(other.dimension) }
    bytes += other.bytes
    norms += other.norms
    count += other.count
  }

  /// Whether the vector has a direction at all.
  func isZero(_ index: Int) -> Bool { norms[index] == 0 }

  /// The cosine of the angle between two vectors that are not zero.
  func cosine(_ a: Int, _ b: Int) -> Float {
    let dot: Int32 = bytes.withUnsafeBufferPointer { bytes in
      let first = UnsafeBufferPointer(rebasing: bytes[(a * dimension)..<((a + 1) * dimension)])
      let second = UnsafeBufferPointer(rebasing: bytes[(b * dimension)..<((b + 1) * dimension)])
      var sum: Int32 = 0
      for index in 0..<dimension { sum &+= Int32(first[index]) &* Int32(second[index]) }
      return sum
    }
    // The roundings of two norms may lead beyond 1.
    return min(1, Float(dot) / (norms[a] * norms[b]))
  }

  /// Copies a vector into the beginning of `out`.
  func copy(_ index: Int, into out: inout [Float]) {
    for position in 0..<dimension { out[position] = Float(bytes[index * dimension + position]) }
  }
}
