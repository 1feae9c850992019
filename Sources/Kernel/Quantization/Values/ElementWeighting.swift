import Bytes
import Checkpoints
import Tensors

/// How much the error of each element counts when a codebook is sought.
protocol ElementWeighting: Sendable {
  /// A finite number, not negative, for the element at `index`, which is `value`.
  func weight(of value: Float, at index: Int) -> Double
}

/// All alike: the mean squared error.
struct EvenWeighting: ElementWeighting {
  @inline(__always) func weight(of value: Float, at index: Int) -> Double { 1 }
}

/// The square root of the density of numbers around an element.
///
/// The best codebook for squared errors alone has levels as dense as the cube root of the density p; counting errors by
/// √p makes them as dense as √p (Panter and Dite, 1951: levels follow the cube root of weight times density). So the
/// bulk gets more levels and the tails fewer. The density is that between neighbours of 1025 quantiles.
struct DensityWeighting: ElementWeighting {
  private let edges: [Float]
  private let weights: [Double]

  static let quantileCount = 1025

  /// - Parameter quantiles: as many as ``quantileCount``.
  init(_ tensor: WeightTensor, quantiles: [Double]) {
    let narrowest = max((Double(tensor.maximum) - Double(tensor.minimum)) / 1e6, .leastNormalMagnitude)
    let widths = zip(quantiles, quantiles.dropFirst()).map { max($1 - $0, narrowest) }
    let least = widths.min() ?? 1
    edges = quantiles.dropFirst().dropLast().map { Float($0) }
    weights = widths.map { (least / $0).squareRoot() }
  }

  func weight(of value: Float, at index: Int) -> Double {
    edges.withUnsafeBufferPointer { edges in
      var low = 0
      var count = edges.count
      while count > 0 {
        let half = count / 2
        if edges[low + half] < value {
          low += half + 1
          count -= half + 1
        } else {
          count = half
        }
      }
      return weights[low]
    }
  }
}

/// Numbers from a file, one for each element.
struct GivenWeighting: ElementWeighting {
  private let contents: ByteView

  /// - Throws: ``KernelError`` `.badData` when `weights` does not have `tensor`'s shape, or a number in it is negative
  ///   or not finite, or all are zero.
  init(_ weights: WeightTensor, for tensor: WeightTensor) throws {
    guard weights.info.shape == tensor.info.shape else {
      throw weights.error("has shape \(weights.info.shape), but the tensor it weighs has \(tensor.info.shape)")
    }
    try weights.checkCodable()
    guard weights.minimum >= 0, weights.maximum > 0 else {
      throw weights.error(
        weights.maximum > 0 ? "a weight is negative, \(weights.minimum)" : "no weight is above zero")
    }
    contents = try weights.ref.source.sizedContents(of: weights.ref.index).bytes
  }

  @inline(__always) func weight(of value: Float, at index: Int) -> Double {
    contents.withUnsafeBytes { Double($0.loadUnaligned(fromByteOffset: 4 &* index, as: Float.self)) }
  }
}
