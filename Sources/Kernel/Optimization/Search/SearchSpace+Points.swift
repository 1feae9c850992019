import Bytes

/// Points, and the same in unit coordinates: the simplex as it is, every other coordinate scaled to 0...1.
extension SearchSpace {
  /// The point with these unit coordinates, brought inside the space if rounding has led out of it.
  func point(unit: [Double]) -> [Double] {
    var point = normalized(unit)
    for (index, bounds) in zip(simplexCount..., boxBounds) {
      let value = bounds.lowerBound + point[index] * (bounds.upperBound - bounds.lowerBound)
      point[index] = min(max(value, bounds.lowerBound), bounds.upperBound)
    }
    return point
  }

  /// The unit coordinates of a point.
  func unit(point: [Double]) -> [Double] {
    var unit = point
    for (index, bounds) in zip(simplexCount..., boxBounds) {
      let width = bounds.upperBound - bounds.lowerBound
      unit[index] = width > 0 ? (point[index] - bounds.lowerBound) / width : 0
    }
    return normalized(unit)
  }

  /// Unit coordinates brought into range: none negative, weights of sum 1 (equal ones if all are 0), the rest at most 1.
  func normalized(_ unit: [Double]) -> [Double] {
    var unit = unit.map { $0 > 0 ? $0 : 0 }
    let count = simplexCount
    let sum = unit[..<count].reduce(0, +)
    for index in 0..<count { unit[index] = sum > 0 ? unit[index] / sum : 1 / Double(count) }
    for index in count..<unit.count { unit[index] = min(unit[index], 1) }
    return unit
  }

  /// The point whose weights have the ratios of `ratios` as far as bounds allow, and whose tunables are as given.
  ///
  /// Inside bounds the weights are the largest that keep the ratios; one that is then below its bound is raised to it.
  func point(ratios: [Double], tunables values: [Double]? = nil) -> [Double] {
    let values = values ?? tunables.map(\.initial)
    guard let weightBounds else {
      let sum = ratios.reduce(0, +)
      return ratios.map { $0 / sum } + values
    }
    var scale = Double.infinity
    for (ratio, bounds) in zip(ratios, weightBounds) where ratio > 0 {
      scale = min(scale, bounds.upperBound / ratio)
    }
    return zip(ratios, weightBounds).map { ratio, bounds in
      min(max(ratio * scale, bounds.lowerBound), bounds.upperBound)
    } + values
  }

  /// What every search tries first: equal weights, then each model alone; the initial tunables if there are no weights.
  /// Bounds that exclude these give the nearest points that they allow.
  var baselines: [[Double]] {
    let count = weights.count
    var points = [point(ratios: [Double](repeating: 1, count: count))]
    guard count > 1 else { return points }
    for model in 0..<count {
      let single = point(ratios: (0..<count).map { $0 == model ? 1 : 0 })
      if !points.contains(single) { points.append(single) }
    }
    return points
  }

  /// Checks a point that comes from outside.
  ///
  /// - Returns: what is wrong with it, or `nil`.
  func fault(of point: [Double]) -> String? {
    guard point.count == dimension else { return "has \(point.count) coordinates instead of \(dimension)" }
    for (name, value) in zip(names, point) where !value.isFinite { return "\(name.printable) is \(value)" }
    let weights = point[..<simplexCount]
    if let bad = weights.firstIndex(where: { $0 < 0 }) {
      return "the weight of \(names[bad].printable) is negative"
    }
    let sum = weights.reduce(0, +)
    if simplexCount > 0, abs(sum - 1) > 1e-6 { return "the weights sum to \(sum) instead of 1" }
    for (index, bounds) in zip(simplexCount..., boxBounds) where !bounds.contains(point[index]) {
      let range = "\(bounds.lowerBound)...\(bounds.upperBound)"
      return "\(names[index].printable) is \(point[index]), outside its bounds \(range)"
    }
    return nil
  }
}
