import Glibc
import Synchronization

/// What rounding did to some numbers.
package struct ErrorSums: Equatable, Sendable {
  /// Numbers compared: those that are finite.
  package var count = 0
  /// Σ (decoded − original)².
  package var squares = 0.0
  /// Σ original².
  package var power = 0.0
  /// The largest |decoded − original|; infinite where a number overflowed.
  package var worst = 0.0

  package init() {}

  package mutating func merge(_ other: ErrorSums) {
    count += other.count
    squares += other.squares
    power += other.power
    worst = max(worst, other.worst)
  }

  /// The mean squared error.
  package var mean: Double { count > 0 ? squares / Double(count) : 0 }

  /// The signal-to-noise ratio Σ original² / Σ error² in decibels; infinite without errors.
  package var decibels: Double { squares > 0 ? 10 * log10(power / squares) : .infinity }

  /// Adds what became of `values`.
  mutating func add(_ values: FloatBytes, _ decoded: UnsafePointer<Float>) {
    var squares = SIMD8<Double>()
    var power = SIMD8<Double>()
    var worst = SIMD8<Float>()
    let whole = values.count / 8 * 8
    let raw = UnsafeRawPointer(decoded)
    if whole > 0, let base = values.address {
      for index in stride(from: 0, to: whole, by: 8) {
        let value = base.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD8<Float>.self)
        let result = raw.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD8<Float>.self)
        let difference = SIMD8<Double>(result) - SIMD8<Double>(value)
        squares += difference * difference
        power += SIMD8<Double>(value) * SIMD8<Double>(value)
        var size = result - value
        size.replace(with: -size, where: size .< 0)
        worst.replace(with: size, where: size .> worst)
      }
    }
    let sums = (squares.sum(), power.sum())
    guard sums.0.isFinite, sums.1.isFinite else {
      for index in 0..<values.count { addOne(values[index], decoded[index]) }
      return
    }
    count += whole
    self.squares += sums.0
    self.power += sums.1
    self.worst = max(self.worst, Double(worst.max()))
    for index in whole..<values.count { addOne(values[index], decoded[index]) }
  }

  private mutating func addOne(_ value: Float, _ decoded: Float) {
    guard value.isFinite else { return }
    let difference = Double(decoded) - Double(value)
    count += 1
    squares += difference * difference
    power += Double(value) * Double(value)
    worst = max(worst, difference.magnitude)
  }
}

/// Errors of the parts of a tensor, which threads add in any order; their sum does not depend on it.
package final class ErrorTally: Sendable {
  private let parts = Mutex<[Int: ErrorSums]>([:])

  package init() {}

  func add(_ sums: ErrorSums, at start: Int) { parts.withLock { $0[start] = sums } }

  package var total: ErrorSums {
    parts.withLock { parts in
      parts.sorted { $0.key < $1.key }.reduce(into: ErrorSums()) { $0.merge($1.value) }
    }
  }
}
