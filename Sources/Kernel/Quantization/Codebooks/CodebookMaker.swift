import Bytes
import Checkpoints
import Synchronization
import Tensors

/// How the levels of a codebook are chosen.
package enum CodebookMethod: String, CaseIterable, Sendable {
  /// Even steps between the extremes.
  case uniform
  /// The levels with the least sum of squared errors.
  case kMeans
  /// Levels between which equally many numbers lie.
  case quantile
}

/// What k-means is to make small.
package enum ErrorWeighting: Sendable {
  /// The mean squared error.
  case even
  /// Each squared error counted by the square root of the density of numbers around it.
  case rootDensity
  /// Each squared error counted by the number at its place in the tensor of the same name, where there is one.
  case given(any TensorSource)
}

/// Makes codebooks for one tensor.
///
/// Memory: 3 MB and 1 MB a thread; quantiles take up to 33 MB for each of up to four threads, k-means 18 MB, and 60 bytes
/// an element when it is exact, as it is for tensors of up to 131072 elements.
package final class CodebookMaker: Sendable {
  /// A codebook, and what is known of its quality.
  package struct Made: Sendable {
    package let codebook: Codebook
    /// The weighted sum of squared errors is at most this many times the least possible; `nil` unless by k-means.
    package let bound: Double?
  }

  /// Up to so many elements are sorted, which then takes less time and memory than histograms.
  private static let sortedCount = 1 << 17

  package let tensor: WeightTensor
  private let workers: Workers
  private let weighting: ErrorWeighting
  private let isExact: Bool
  private let histogram = Mutex<KeyHistogram?>(nil)

  /// - Parameter isExact: whether k-means looks at each number however many there are.
  /// - Throws: ``KernelError`` `.badData` when the tensor is empty, or has NaNs or infinities.
  package init(
    _ tensor: WeightTensor, weighting: ErrorWeighting = .even, isExact: Bool = false, _ workers: Workers
  ) throws {
    try tensor.checkCodable()
    self.tensor = tensor
    self.weighting = weighting
    self.isExact = isExact
    self.workers = workers
  }

  /// A codebook of 2^bits levels, `bits` from 2 to 8.
  package func make(_ method: CodebookMethod, bits: Int) throws -> Made {
    switch method {
    case .uniform: Made(codebook: .uniform(tensor, bits: bits), bound: nil)
    case .quantile: Made(codebook: Codebook(bits: bits, try quantiles(1 << bits)), bound: nil)
    case .kMeans: try kMeans(bits: bits)
    }
  }

  private func keyHistogram() throws -> KeyHistogram {
    try histogram.withLock { stored in
      if let stored { return stored }
      let made = try KeyHistogram(tensor, workers)
      stored = made
      return made
    }
  }

  private func quantiles(_ count: Int) throws -> [Double] {
    try Codebook.quantiles(count, of: tensor.count) { ranks in
      guard tensor.count > CodebookMaker.sortedCount else {
        let keys = try SortedKeys(tensor, workers).keys
        return ranks.map { FloatKey.value(keys[$0]) }
      }
      return try OrderStatistics(ranks, of: tensor, keyHistogram(), workers).values
    }
  }

  private func kMeans(bits: Int) throws -> Made {
    let solution: KMeansSolution
    switch weighting {
    case .even: solution = try kMeans(1 << bits, EvenWeighting())
    case .rootDensity:
      solution = try kMeans(
        1 << bits, DensityWeighting(tensor, quantiles: quantiles(DensityWeighting.quantileCount)))
    case .given(let source):
      if let index = source.index(of: tensor.info.name) {
        let weights = try WeightTensor(TensorRef(source, index), workers)
        solution = try kMeans(1 << bits, GivenWeighting(weights, for: tensor))
      } else {
        solution = try kMeans(1 << bits, EvenWeighting())
      }
    }
    // Codes are chosen by what is stored, so that the nearest is nearest.
    let levels = solution.centers.map { Double(Float($0)) }
    let bound = solution.cost > 0 ? max(1, solution.cost / solution.lowerBound) : 1
    return Made(codebook: Codebook(bits: bits, levels), bound: bound)
  }

  private func kMeans(_ count: Int, _ weighting: some ElementWeighting) throws -> KMeansSolution {
    if isExact || tensor.count <= CodebookMaker.sortedCount {
      return try tensor.exactKMeans(count, weighting, workers)
    }
    let histogram = try keyHistogram()
    let map = BinMap(histogram, binCount: max(1 << 14, 256 * count))
    let center = FloatKey.value(UInt32(histogram.medianCell) << FloatKey.lowBits)
    let fine = try FineHistogram(tensor, map, center: center, weighting, workers)
    // Panter and Dite's estimate of the cost, S³/12k², and its slope in k.
    let runs = Double(count)
    return fine.kMeans(count, guess: map.spread * map.spread * map.spread / (6 * runs * runs * runs))
  }
}
