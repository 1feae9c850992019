import Bytes
import Tensors

/// The running combination of one tensor over several checkpoints, in float64:
/// `sum = sum * keep[i] + x[i] * weights[i]`, then `sum / divisor`, rounded once to the output type.
///
/// With `keep` and `weights` of 1 this is the mean as the reference scripts take it (sum in the order of the inputs,
/// one division), and its float32 results are theirs bit for bit. Float64 inputs are summed with Neumaier's
/// compensation, since there float64 has no bits to spare: their mean is the exact one rounded once.
struct Combination: ElementwiseKernel {
  static let blockCount = 2048

  /// The type of each input's numbers; of complex tensors, that of their parts.
  private let inputTypes: [DType]
  private let outputType: DType
  /// Numbers an element has: 2 for complex types.
  private let lanes: Int
  private let keep: [Double]
  private let weights: [Double]
  private let divisor: Double
  private let isCompensated: Bool

  /// Whether tensors of `dtype` can be combined.
  static func accepts(_ dtype: DType) -> Bool { dtype.isFloat || dtype == .complex64 || dtype == .complex128 }

  init(_ inputTypes: [DType], into output: DType, keep: [Double], weights: [Double], divisor: Double) {
    self.inputTypes = inputTypes.map(Combination.partType)
    outputType = Combination.partType(output)
    lanes = outputType == output ? 1 : 2
    self.keep = keep
    self.weights = weights
    self.divisor = divisor
    isCompensated = self.inputTypes.contains(.float64) && keep.allSatisfy { $0 == 1 }
  }

  /// Equal or given weights, divided by their sum.
  static func mean(_ inputTypes: [DType], into output: DType, weights: [Double]) -> Combination {
    Combination(
      inputTypes, into: output, keep: inputTypes.map { _ in 1 }, weights: weights,
      divisor: weights.reduce(0, +))
  }

  private static func partType(_ dtype: DType) -> DType {
    switch dtype {
    case .complex64: .float32
    case .complex128: .float64
    default: dtype
    }
  }

  func apply(
    _ inputs: UnsafeBufferPointer<UnsafeRawBufferPointer>, count: Int, into out: UnsafeMutableRawBufferPointer
  ) {
    let count = count * lanes
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * count) { scratch in
      let sum = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
      let value = UnsafeMutableBufferPointer(rebasing: scratch[count..<(2 * count)])
      let lost = UnsafeMutableBufferPointer(rebasing: scratch[(2 * count)...])
      sum.update(repeating: 0)
      lost.update(repeating: 0)
      for (index, input) in inputs.enumerated() {
        Widening.load(inputTypes[index], input, from: 0, into: value)
        let weight = weights[index]
        if isCompensated {
          for i in 0..<count { addCompensated(value[i], weight, to: &sum[i], &lost[i]) }
        } else {
          let kept = keep[index]
          for i in 0..<count { sum[i] = sum[i] * kept + value[i] * weight }
        }
      }
      if isCompensated {
        for i in 0..<count { sum[i] = quotient(sum[i], lost[i]) }
      } else {
        for i in 0..<count { sum[i] /= divisor }
      }
      Widening.store(UnsafeBufferPointer(sum), as: outputType, into: out, at: 0)
    }
  }

  /// Adds `value * weight`, keeping what the sum and the product round away in `lost`.
  @inline(__always) private func addCompensated(
    _ value: Double, _ weight: Double, to sum: inout Double, _ lost: inout Double
  ) {
    let term = value * weight
    let total = sum + term
    // The error term of an infinite or NaN sum would itself be NaN and hide an infinity.
    if total.isFinite {
      lost += sum.magnitude >= term.magnitude ? (sum - total) + term : (term - total) + sum
      if weight != 1 { lost += (-term).addingProduct(value, weight) }
    }
    sum = total
  }

  /// `(sum + lost) / divisor`, rounded once: the remainder of the first quotient corrects it.
  @inline(__always) private func quotient(_ sum: Double, _ lost: Double) -> Double {
    let first = sum / divisor
    let corrected = first + (sum.addingProduct(-first, divisor) + lost) / divisor
    return corrected.isFinite ? corrected : first
  }
}
