/// Points on a line with weights, in order, and sums that make the cost of any run of them a few operations.
///
/// The cost of a run is Σ w·(x − m)² around its weighted mean m. It fulfils the quadrangle inequality, on which
/// ``cheapestPath(penalty:)`` and ``optimalPartition(into:guess:)`` rest.
///
/// Memory: 32 bytes a point, and 16 while a path is sought.
struct WeightedPoints {
  /// Sums over all points before one, and the cost of the cheapest path to it.
  private struct Node {
    var weight = 0.0
    var sum = 0.0
    var squares = 0.0
    var total = 0.0

    /// The cost of the points from here to before `end`.
    @inline(__always) func cost(to end: Node) -> Double {
      let sum = end.sum - self.sum
      let cost = (end.squares - squares) - sum * sum / (end.weight - weight)
      return cost > 0 ? cost : 0
    }
  }

  let count: Int
  private var nodes: [Node]

  /// - Parameters:
  ///   - count: how many points there are; at most `Int32.max`.
  ///   - point: where each is, ascending, and its weight, above zero. Near zero is best: large numbers cancel.
  init(_ count: Int, _ point: (Int) -> (x: Double, weight: Double)) {
    self.count = count
    nodes = Array(repeating: Node(), count: count + 1)
    var weight = CompensatedSum()
    var sum = CompensatedSum()
    var squares = CompensatedSum()
    for index in 0..<count {
      let (x, mass) = point(index)
      weight.add(mass)
      sum.add(mass * x)
      squares.add(mass * x * x)
      nodes[index + 1] = Node(weight: weight.value, sum: sum.value, squares: squares.value)
    }
  }

  /// The cost of the points from `start` to before `end`.
  func cost(_ start: Int, _ end: Int) -> Double { nodes[start].cost(to: nodes[end]) }

  /// The weighted mean of the points from `start` to before `end`.
  func mean(_ start: Int, _ end: Int) -> Double {
    (nodes[end].sum - nodes[start].sum) / (nodes[end].weight - nodes[start].weight)
  }

  /// The partition into runs that is cheapest when each run costs `penalty` more.
  ///
  /// One pass of dynamic programming: when a later start of the last run is better than an earlier one, it stays so for
  /// all later ends. So the starts that may still win stand in a queue, each with the first end from which it does
  /// (Hirschberg and Larmore, 1987); galloping from the neighbour's end finds it in a few steps. Time: n log n at worst.
  mutating func cheapestPath(penalty: Double) -> PenalizedPath {
    let count = count
    var back = [Int32](repeating: 0, count: count + 1)
    var queue = [(start: Int32, from: Int32)](repeating: (0, 1), count: count + 1)
    nodes.withUnsafeMutableBufferPointer { nodes in
      back.withUnsafeMutableBufferPointer { back in
        queue.withUnsafeMutableBufferPointer { queue in
          var head = 0
          var tail = 0
          func total(_ start: Int, _ end: Int) -> Double { nodes[start].total + nodes[start].cost(to: nodes[end]) }
          for end in 1...max(count, 1) where end <= count {
            while head < tail, Int(queue[head + 1].from) <= end { head += 1 }
            let start = Int(queue[head].start)
            nodes[end].total = total(start, end) + penalty
            back[end] = Int32(truncatingIfNeeded: start)
            guard end < count else { continue }
            var from = end + 1
            while tail >= head {
              let other = Int(queue[tail].start)
              let first = max(Int(queue[tail].from), end + 1)
              if total(end, first) <= total(other, first) {
                tail -= 1
                from = first
                continue
              }
              from = WeightedPoints.firstEnd(after: first, upTo: count) { total(end, $0) <= total(other, $0) }
              break
            }
            guard from <= count else { continue }
            tail += 1
            queue[tail] = (Int32(truncatingIfNeeded: end), Int32(truncatingIfNeeded: from))
          }
        }
      }
    }
    var bounds = [count]
    while let end = bounds.last, end > 0 { bounds.append(Int(back[end])) }
    return PenalizedPath(penalty: penalty, total: nodes[count].total, bounds: bounds.reversed())
  }

  /// The first end above `low`, where `isBetter` does not hold, from which on it does; above `limit` when it never does.
  @inline(__always) private static func firstEnd(
    after low: Int, upTo limit: Int, _ isBetter: (Int) -> Bool
  ) -> Int {
    var low = low
    var step = 1
    while low + step <= limit, !isBetter(low + step) {
      low += step
      step *= 2
    }
    var high = min(low + step, limit + 1)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if isBetter(middle) { high = middle } else { low = middle }
    }
    return high
  }
}

/// A partition of points into runs, each of which costs a penalty on top.
struct PenalizedPath {
  let penalty: Double
  /// The cost with the penalties.
  let total: Double
  /// Where runs begin and end, from 0 to the number of points.
  let bounds: [Int]

  var runCount: Int { bounds.count - 1 }

  /// No partition into `count` runs costs less than this.
  func lowerBound(_ count: Int) -> Double { total - penalty * Double(count) }
}

/// A sum with the error of each addition kept (Neumaier, 1974).
struct CompensatedSum {
  private var sum = 0.0
  private var lost = 0.0

  mutating func add(_ term: Double) {
    let total = sum + term
    lost += sum.magnitude >= term.magnitude ? (sum - total) + term : (term - total) + sum
    sum = total
  }

  var value: Double { sum + lost }
}
