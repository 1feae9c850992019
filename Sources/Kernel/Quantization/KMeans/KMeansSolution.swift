/// The centers of a k-means clustering of numbers, and how far from the best it can be at most.
struct KMeansSolution {
  /// Ascending.
  let centers: [Double]
  /// The weighted sum of squared errors is at most this.
  let cost: Double
  /// No centers have a smaller one.
  let lowerBound: Double
}

extension FineHistogram {
  /// Centers for `count` clusters: the best partition whose borders are those of bins, then Lloyd's steps that move
  /// borders inside bins.
  ///
  /// How it is known to be good: as a function of x, the squared distance to the nearest center is x² and a concave
  /// function. So moving all numbers of a bin to their mean makes the sum larger by no less than their spread there is
  /// smaller, and moving them to the bin's two edges, keeping their mean, makes it smaller by no more than their spread
  /// grows. The former bounds the cost of these centers from above; the latter is a problem on a line again, whose
  /// optimum bounds that of the tensor from below. The two differ only at bins that a border cuts, by about 2/b² of the
  /// whole with b bins a cluster.
  ///
  /// - Parameter guess: a penalty to begin the search with.
  func kMeans(_ count: Int, guess: Double) -> KMeansSolution {
    var points = WeightedPoints(bins.count) { (bins[$0].mean, bins[$0].weight) }
    let partition = points.optimalPartition(into: count, guess: guess)
    let first = zip(partition.bounds, partition.bounds.dropFirst()).map { points.mean($0, $1) }
    let moved = lloyd(first)
    let firstCost = cost(of: first)
    let movedCost = cost(of: moved)
    return KMeansSolution(
      centers: (movedCost < firstCost ? moved : first).map { $0 + center }, cost: min(firstCost, movedCost),
      lowerBound: lowerBound(count, guess: partition.penalty))
  }

  /// At least the sum of squared errors with these centers.
  private func cost(of centers: [Double]) -> Double {
    var sum = CompensatedSum()
    sum.add(spreadInside)
    var nearest = 0
    for bin in bins {
      while nearest + 1 < centers.count, centers[nearest] + centers[nearest + 1] < 2 * bin.mean { nearest += 1 }
      let distance = bin.mean - centers[nearest]
      sum.add(bin.weight * distance * distance)
    }
    return sum.value
  }

  /// At most the sum of squared errors with the best centers.
  private func lowerBound(_ count: Int, guess: Double) -> Double {
    var masses: [(x: Double, weight: Double)] = []
    masses.reserveCapacity(2 * bins.count)
    var added = CompensatedSum()
    for bin in bins {
      let width = bin.right - bin.left
      let rightWeight = width > 0 ? bin.weight * ((bin.mean - bin.left) / width) : bin.weight
      if bin.weight - rightWeight > 0 { masses.append((bin.left, bin.weight - rightWeight)) }
      if rightWeight > 0 { masses.append((bin.right, rightWeight)) }
      added.add(bin.weight * (bin.mean - bin.left) * (bin.right - bin.mean))
    }
    var points = WeightedPoints(masses.count) { masses[$0] }
    return max(0, points.lowerBound(count, guess: guess) - added.value + spreadInside)
  }

  /// Lloyd's steps: borders half-way between centers, centers to the means between borders, where the numbers of a bin
  /// are taken to lie evenly around its mean.
  private func lloyd(_ centers: [Double]) -> [Double] {
    var weights = [0.0]
    var sums = [0.0]
    for bin in bins {
      weights.append(weights[weights.count - 1] + bin.weight)
      sums.append(sums[sums.count - 1] + bin.weight * bin.mean)
    }
    /// Weight and sum of all numbers below `border`.
    func below(_ border: Double) -> (weight: Double, sum: Double) {
      var low = 0
      var high = bins.count
      while low < high {
        let middle = (low + high) / 2
        if bins[middle].right < border { low = middle + 1 } else { high = middle }
      }
      guard low < bins.count, bins[low].left < border else { return (weights[low], sums[low]) }
      let bin = bins[low]
      let width = bin.right - bin.left
      let part = (border - bin.left) / width
      let mean = bin.mean - (1 - part) * width / 2
      return (weights[low] + part * bin.weight, sums[low] + part * bin.weight * mean)
    }
    var centers = centers
    for _ in 0..<20 {
      var start = (weight: 0.0, sum: 0.0)
      var movement = 0.0
      let old = centers
      for index in centers.indices {
        let end =
          index + 1 < old.count
          ? below((old[index] + old[index + 1]) / 2) : (weights[bins.count], sums[bins.count])
        if end.weight > start.weight {
          centers[index] = (end.sum - start.sum) / (end.weight - start.weight)
          movement = max(movement, (centers[index] - old[index]).magnitude)
        }
        start = end
      }
      guard zip(centers, centers.dropFirst()).allSatisfy({ $0 <= $1 }) else { return old }
      if let first = centers.first, let last = centers.last,
        movement < 1e-6 * (last - first) / Double(centers.count)
      {
        break
      }
    }
    return centers
  }
}
