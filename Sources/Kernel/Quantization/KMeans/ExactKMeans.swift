import Bytes

extension WeightTensor {
  /// The best clustering into `count` clusters, found on the sorted numbers themselves.
  ///
  /// Time: a sort and some ten passes over the distinct numbers. Memory: 8 bytes an element and 52 a distinct number;
  /// with weights for each element 16 an element more.
  ///
  /// - Throws: ``KernelError`` `.usage` when there are more distinct numbers than 2³¹ − 1.
  func exactKMeans(
    _ count: Int, _ weighting: any ElementWeighting, _ workers: Workers
  ) throws -> KMeansSolution {
    let masses = try distinctNumbers(weighting, workers)
    guard masses.count < Int32.max else {
      throw error("has more than 2147483647 distinct numbers", hint: "leave out --exact")
    }
    let center = masses.isEmpty ? 0 : Double(FloatKey.value(masses[masses.count / 2].key))
    var points = WeightedPoints(masses.count) {
      (Double(FloatKey.value(masses[$0].key)) - center, masses[$0].weight)
    }
    let runs = Double(count)
    let partition = points.optimalPartition(
      into: count, guess: masses.isEmpty ? 1 : points.cost(0, masses.count) / (runs * runs * runs))
    let centers = zip(partition.bounds, partition.bounds.dropFirst()).map { start, end in
      // A number that is alone stays what it is.
      end - start == 1 ? Double(FloatKey.value(masses[start].key)) : points.mean(start, end) + center
    }
    return KMeansSolution(centers: centers, cost: partition.cost, lowerBound: partition.lowerBound)
  }

  /// Keys with a weight above zero, ascending.
  private func distinctNumbers(
    _ weighting: any ElementWeighting, _ workers: Workers
  ) throws -> [(key: UInt32, weight: Double)] {
    var masses: [(key: UInt32, weight: Double)] = []
    func add(_ key: UInt32, _ weight: Double) {
      guard weight > 0 else { return }
      if let last = masses.last, last.key == key {
        masses[masses.count - 1].weight += weight
      } else {
        masses.append((key, weight))
      }
    }
    if weighting is GivenWeighting {
      var all: [(key: UInt32, weight: Double)] = []
      all.reserveCapacity(self.count)
      forEach(0..<pieces.count) { values, elements in
        for index in 0..<values.count {
          let weight = weighting.weight(of: values[index], at: elements.lowerBound + index)
          all.append((FloatKey.key(values[index]), weight))
        }
      }
      all.sort { ($0.key, $0.weight) < ($1.key, $1.weight) }
      for item in all { add(item.key, item.weight) }
    } else {
      let keys = try SortedKeys(self, workers).keys
      var start = 0
      while start < keys.count {
        var end = start + 1
        while end < keys.count, keys[end] == keys[start] { end += 1 }
        add(keys[start], Double(end - start) * weighting.weight(of: FloatKey.value(keys[start]), at: start))
        start = end
      }
    }
    return masses
  }
}
