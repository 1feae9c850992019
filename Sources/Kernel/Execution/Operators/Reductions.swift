import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Functions of all elements along some axes: input, axes; `keep_dims` leaves extents of 1 in their place.
  static let reductions: [Operator] = [
    reduction("Sum", .sum), reduction("Mean", .mean), reduction("Max", .largest), reduction("Min", .smallest),
    reduction("Prod", .product), reduction("All", .all), reduction("Any", .any),
  ]

  private static func reduction(_ name: String, _ kind: Reduction) -> Operator {
    Operator(name) { node in
      let keepsAxes = node.attributes.bool("keep_dims") ?? false
      return { call in
        try call.expect(2)
        let shape = call.inputs[0].shape
        var isReduced = Array(repeating: false, count: shape.rank)
        for value in try call.integers(1) { isReduced[try call.axis(value, rank: shape.rank)] = true }
        let kept = shape.dimensions.indices.filter { keepsAxes || !isReduced[$0] }
        let final = try call.shape(kept.map { isReduced[$0] ? 1 : shape.dimensions[$0] })
        call.outputs = [try kind.run(&call, isReduced, final)]
      }
    }
  }
}

/// What becomes of the elements along an axis.
private enum Reduction {
  case sum, mean, largest, smallest, product, all, any

  func run(_ call: inout Call, _ isReduced: [Bool], _ shape: Shape) throws -> Tensor {
    let input = call.inputs[0]
    // Axes of extent 1 change nothing, and neighbours of the same fate are one.
    var groups: [(extent: Int, isReduced: Bool)] = []
    for (axis, extent) in input.shape.dimensions.enumerated() where extent != 1 {
      if let last = groups.last, last.isReduced == isReduced[axis] {
        groups[groups.count - 1].extent = last.extent &* extent
      } else {
        groups.append((extent, isReduced[axis]))
      }
    }
    if input.shape.elementCount > 0, !groups.contains(where: \.isReduced) { return input.reshaped(shape) }
    let result = try call.allocate(input.dtype, shape)
    switch (input.dtype, self) {
    case (.float32, .sum), (.float32, .mean), (.float32, .largest), (.float32, .smallest):
      if input.shape.elementCount == 0 {
        result.mutableFloats.update(repeating: emptyValue)
      } else {
        try floats(&call, groups, result)
      }
    case (.float32, .product): general(input, groups, result, Float(1)) { $0 * $1 }
    case (.int32, .sum): general(input, groups, result, Int32(0)) { $0 &+ $1 }
    case (.int32, .product): general(input, groups, result, Int32(1)) { $0 &* $1 }
    case (.int32, .largest): general(input, groups, result, Int32.min) { max($0, $1) }
    case (.int32, .smallest): general(input, groups, result, Int32.max) { min($0, $1) }
    case (.int64, .sum): general(input, groups, result, Int64(0)) { $0 &+ $1 }
    case (.int64, .product): general(input, groups, result, Int64(1)) { $0 &* $1 }
    case (.int64, .largest): general(input, groups, result, Int64.min) { max($0, $1) }
    case (.int64, .smallest): general(input, groups, result, Int64.max) { min($0, $1) }
    case (.float64, .sum): general(input, groups, result, 0.0) { $0 + $1 }
    case (.bool, .all): general(input, groups, result, UInt8(1)) { $0 & $1 }
    case (.bool, .any): general(input, groups, result, UInt8(0)) { $0 | $1 }
    default: throw call.unsupported()
    }
    return result
  }

  private var emptyValue: Float {
    switch self {
    case .largest: -.infinity
    case .smallest: .infinity
    case .mean: .nan
    default: 0
    }
  }

  /// Any pattern of axes, one element after the other.
  private func general<T: Element>(
    _ input: Tensor, _ groups: [(extent: Int, isReduced: Bool)], _ result: Tensor, _ start: T,
    _ combine: (T, T) -> T
  ) {
    let (from, to) = (input.elements(T.self), result.mutableElements(T.self))
    to.update(repeating: start)
    guard !from.isEmpty else { return }
    // How far the result goes for a step along each group.
    var steps = Array(repeating: 0, count: groups.count)
    var size = 1
    for index in groups.indices.reversed() where !groups[index].isReduced {
      steps[index] = size
      size *= groups[index].extent
    }
    for position in from.indices {
      var (rest, target) = (position, 0)
      for index in groups.indices.reversed() {
        let (quotient, place) = rest.quotientAndRemainder(dividingBy: groups[index].extent)
        target += place * steps[index]
        rest = quotient
      }
      to[target] = combine(to[target], from[position])
    }
  }

  private func floats(_ call: inout Call, _ groups: [(extent: Int, isReduced: Bool)], _ result: Tensor) throws {
    var groups = groups
    var input = call.inputs[0]
    // More than one group of reduced axes: the last goes first, the rest are done on what it leaves.
    while let last = groups.lastIndex(where: \.isReduced) {
      let outer = groups[..<last].reduce(1) { $0 * $1.extent }
      let inner = groups[(last + 1)...].reduce(1) { $0 * $1.extent }
      let isFinal = !groups[..<last].contains(where: \.isReduced)
      let target = isFinal ? result : try call.allocate(.float32, try call.shape([outer, inner]))
      withExtendedLifetime(input) {
        along(input.floats, outer, groups[last].extent, inner, target.mutableFloats, call.threads)
      }
      input = target
      groups.remove(at: last)
    }
  }

  /// Reduces the middle one of three axes.
  private func along(
    _ from: UnsafeBufferPointer<Float>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ to: UnsafeMutableBufferPointer<Float>, _ threads: ThreadTeam
  ) {
    guard let source = from.baseAddress, let target = to.baseAddress else { return }
    let factor = self == .mean ? 1 / Float(extent) : 1
    if inner == 1 {
      threads.split(outer, grain: max(1, (1 << 14) / extent)) { rows in
        for row in rows {
          let start = source + row * extent
          switch self {
          case .largest: target[row] = ck_largest(start, extent)
          case .smallest: target[row] = ck_smallest(start, extent)
          default: target[row] = (extent < 16 ? shortSum(start, extent) : sum(start, extent)) * factor
          }
        }
      }
      return
    }
    let columns = min(inner, 4096)
    let blocks = (inner - 1) / columns + 1
    threads.split(outer * blocks, grain: max(1, (1 << 14) / (columns * extent))) { pieces in
      for piece in pieces {
        let (row, block) = piece.quotientAndRemainder(dividingBy: blocks)
        let first = block * columns
        let count = min(columns, inner - first)
        let out = target + row * inner + first
        let start = source + row * extent * inner + first
        out.update(from: start, count: count)
        for step in 1..<max(1, extent) {
          let line = start + step * inner
          switch self {
          case .largest: ck_maximum(out, out, 1, line, 1, count)
          case .smallest: ck_minimum(out, out, 1, line, 1, count)
          default: ck_add(out, out, 1, line, 1, count)
          }
        }
        if self == .mean { for index in 0..<count { out[index] *= factor } }
      }
    }
  }

  /// A sum that is not worth a call.
  private func shortSum(_ start: UnsafePointer<Float>, _ count: Int) -> Float {
    var total: Float = 0
    for index in 0..<count { total += start[index] }
    return total
  }

  /// Pieces are added up in float64, since long sums in float32 lose digits.
  private func sum(_ start: UnsafePointer<Float>, _ count: Int) -> Float {
    guard count > 1 << 14 else { return ck_sum(start, count) }
    var total = 0.0
    for first in stride(from: 0, to: count, by: 1 << 14) {
      total += Double(ck_sum(start + first, min(1 << 14, count - first)))
    }
    return Float(total)
  }
}
