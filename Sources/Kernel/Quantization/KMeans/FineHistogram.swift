import Bytes

/// The weights and means of a tensor's numbers in the bins of a ``BinMap``.
///
/// Sums are taken in at most 16 runs of neighbouring pieces and added in order, so that they do not depend on threads.
/// Memory: 16 bytes a bin and run.
struct FineHistogram {
  struct Bin {
    /// The least and the largest number that it can hold, and the mean of those it holds; all less ``center``.
    var left: Double
    var right: Double
    var mean: Double
    /// Above zero.
    var weight: Double
  }

  /// Bins that hold something, in order.
  let bins: [Bin]
  /// A number amid the others, taken off them so that squares stay small.
  let center: Double
  /// Σ w·(x − m)² of the numbers in each bin around its mean, over all bins.
  let spreadInside: Double

  private struct Sums {
    var weight = 0.0
    var sum = 0.0
  }

  init<Weighting: ElementWeighting>(
    _ tensor: WeightTensor, _ map: BinMap, center: Float, _ weighting: Weighting, _ workers: Workers
  ) throws {
    let center = Double(center)
    // Runs of a size that depends on the tensor alone.
    let runCount = min(16, tensor.count >> 20 + 1)
    let parts = try tensor.mapRuns(runCount, workers) { pieces in
      var sums = [Sums](repeating: Sums(), count: map.count)
      var squares = CompensatedSum()
      sums.withUnsafeMutableBufferPointer { sums in
        map.withLookup { bin in
          tensor.forEach(pieces) { values, elements in
            var pieceSquares = 0.0
            for index in 0..<values.count {
              let value = values[index]
              let weight = weighting.weight(of: value, at: elements.lowerBound &+ index)
              let x = Double(value) - center
              let slot = bin(FloatKey.key(value))
              sums[slot].weight += weight
              sums[slot].sum += weight * x
              pieceSquares += weight * x * x
            }
            squares.add(pieceSquares)
          }
        }
      }
      return (sums, squares.value)
    }
    var bins: [Bin] = []
    bins.reserveCapacity(map.count)
    var squares = CompensatedSum()
    for part in parts { squares.add(part.1) }
    let noise = 1e-13 * squares.value
    for (index, edge) in map.edges.enumerated() {
      let weight = parts.reduce(0) { $0 + $1.0[index].weight }
      guard weight > 0 else { continue }
      let left = Double(edge.left) - center
      let right = Double(edge.right) - center
      let mean = parts.reduce(0) { $0 + $1.0[index].sum } / weight
      bins.append(Bin(left: left, right: right, mean: min(max(mean, left), right), weight: weight))
      squares.add(-weight * mean * mean)
    }
    self.bins = bins
    self.center = center
    // What is left of equal numbers is rounding.
    spreadInside = squares.value > noise ? squares.value : 0
  }
}
