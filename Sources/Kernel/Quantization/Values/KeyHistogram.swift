import Bytes

/// How many numbers of a tensor lie in each cell of ``FloatKey``.
///
/// Memory: 2 MB, and 1 MB a thread while it is made.
struct KeyHistogram: Sendable {
  let counts: [Int]

  /// - Precondition: all numbers are finite.
  init(_ tensor: WeightTensor, _ workers: Workers) throws {
    // Counts of a run fit 32 bits.
    let runs = max(workers.count, tensor.count >> 31 + 1)
    let parts = try tensor.mapRuns(runs, workers) { pieces in
      var counts = [UInt32](repeating: 0, count: FloatKey.cellCount)
      counts.withUnsafeMutableBufferPointer { counts in
        tensor.forEach(pieces) { values, _ in
          for index in 0..<values.count { counts[FloatKey.cell(FloatKey.key(values[index]))] &+= 1 }
        }
      }
      return counts
    }
    counts = parts.dropFirst().reduce(into: parts.first?.map { Int($0) } ?? []) { sums, part in
      for (cell, count) in part.enumerated() where count > 0 { sums[cell] += Int(count) }
    }
  }

  /// The cells that hold something, in order.
  var occupied: [Int] { counts.indices.filter { counts[$0] > 0 } }
}

extension KeyHistogram {
  /// The cell with the middle number.
  var medianCell: Int {
    let half = counts.reduce(0, +) / 2
    var before = 0
    for (cell, count) in counts.enumerated() {
      before += count
      if before > half { return cell }
    }
    return FloatKey.cell(FloatKey.key(0))
  }
}
