/// Short keys of vectors that agree for vectors of similar direction: locality-sensitive hashing by random hyperplanes
/// (Charikar 2002), with the hyperplanes of three rounds of random signs and a Walsh-Hadamard transform (Andoni et al.
/// 2015), which cost n log n for n of them.
///
/// A bit of a key says on which side of a hyperplane the vector is; two vectors at an angle θ agree in each with
/// probability 1 - θ/π. The hyperplanes are the same on every run.
struct SignSketch: Sendable {
  /// How many keys a vector has.
  static let bandCount = 32
  /// Bits of a key.
  static let bitCount = 20

  private let size: Int
  private let signs: [Float]

  init(dimension: Int) {
    var size = 1024
    while size < dimension { size *= 2 }
    self.size = size
    var random = SplitMix64(key: 0)
    signs = (0..<3 * size).map { _ in random.next() & 1 == 0 ? 1 : -1 }
  }

  /// The keys of the vectors with these numbers, ``bandCount`` for each.
  func keys(of vectors: QuantizedVectors, _ numbers: ArraySlice<Int>) -> [UInt32] {
    var keys: [UInt32] = []
    keys.reserveCapacity(numbers.count * SignSketch.bandCount)
    var buffer = [Float](repeating: 0, count: size)
    for index in numbers {
      for position in 0..<size { buffer[position] = 0 }
      vectors.copy(index, into: &buffer)
      buffer.withUnsafeMutableBufferPointer { buffer in
        for round in 0..<3 {
          for position in 0..<size { buffer[position] *= signs[round * size + position] }
          SignSketch.transform(buffer)
        }
        for band in 0..<SignSketch.bandCount {
          var key: UInt32 = 0
          for bit in 0..<SignSketch.bitCount {
            key = key << 1 | (buffer[band * SignSketch.bitCount + bit] < 0 ? 1 : 0)
          }
          keys.append(key)
        }
      }
    }
    return keys
  }

  /// The Walsh-Hadamard transform in place, without scaling.
  private static func transform(_ values: UnsafeMutableBufferPointer<Float>) {
    var half = 1
    while half < values.count {
      for start in stride(from: 0, to: values.count, by: 2 * half) {
        for position in start..<(start + half) {
          let (a, b) = (values[position], values[position + half])
          values[position] = a + b
          values[position + half] = a - b
        }
      }
      half *= 2
    }
  }
}
