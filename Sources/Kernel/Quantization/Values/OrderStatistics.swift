import Bytes

/// Numbers of a tensor by their rank, found exactly without sorting it: the cells that hold the ranks are counted key by
/// key.
///
/// Memory: 64 KiB for each cell that holds a rank, for each of up to four threads.
struct OrderStatistics: Sendable {
  /// The numbers at the ranks asked for.
  let values: [Float]

  /// - Parameter ranks: ascending, each below the number of elements.
  init(_ ranks: [Int], of tensor: WeightTensor, _ histogram: KeyHistogram, _ workers: Workers) throws {
    var cells: [(cell: Int, before: Int)] = []
    var rest = ranks[...]
    var before = 0
    for (cell, count) in histogram.counts.enumerated() where count > 0 {
      if let rank = rest.first, rank < before + count {
        cells.append((cell, before))
        rest = rest.drop { $0 < before + count }
      }
      before += count
    }
    let counts = try OrderStatistics.keyCounts(of: cells.map(\.cell), tensor, workers)
    var values: [Float] = []
    var slot = 0
    var key = 0
    var passed = cells.first?.before ?? 0
    for rank in ranks {
      while slot + 1 < cells.count, cells[slot + 1].before <= rank {
        slot += 1
        key = 0
        passed = cells[slot].before
      }
      let start = slot << Int(FloatKey.lowBits)
      while key < Int(FloatKey.lowMask), passed + counts[start + key] <= rank {
        passed += counts[start + key]
        key += 1
      }
      values.append(FloatKey.value(UInt32(cells[slot].cell) << FloatKey.lowBits | UInt32(key)))
    }
    self.values = values
  }

  /// For each of `cells`, in order, how often each of its keys occurs.
  private static func keyCounts(of cells: [Int], _ tensor: WeightTensor, _ workers: Workers) throws -> [Int] {
    let absent = UInt16.max
    var slots = [UInt16](repeating: absent, count: FloatKey.cellCount)
    for (slot, cell) in cells.enumerated() { slots[cell] = UInt16(slot) }
    let size = cells.count << Int(FloatKey.lowBits)
    let runs = max(min(workers.count, 4), tensor.count >> 31 + 1)
    let table = slots
    let parts = try tensor.mapRuns(runs, workers) { pieces in
      var counts = [UInt32](repeating: 0, count: size)
      counts.withUnsafeMutableBufferPointer { counts in
        table.withUnsafeBufferPointer { slots in
          tensor.forEach(pieces) { values, _ in
            for index in 0..<values.count {
              let key = FloatKey.key(values[index])
              let slot = slots[FloatKey.cell(key)]
              guard slot != absent else { continue }
              counts[Int(slot) << Int(FloatKey.lowBits) | Int(key & FloatKey.lowMask)] &+= 1
            }
          }
        }
      }
      return counts
    }
    return parts.dropFirst().reduce(into: parts.first?.map { Int($0) } ?? []) { sums, part in
      for index in part.indices { sums[index] += Int(part[index]) }
    }
  }
}
