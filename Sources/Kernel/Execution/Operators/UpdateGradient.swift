import CKernel
import Tensors

/// The gradient that an optimizer follows: numbers, or the factors of a product, times a number.
struct UpdateGradient: CustomStringConvertible {
  /// Not used where there are factors.
  let formed: Tensor
  let factors: FactoredGradient?
  let scale: Float

  /// Whether it is of the shape of the weights, which are float32.
  func fits(_ weights: Tensor) -> Bool {
    if let factors { return weights.shape.dimensions == [factors.height, factors.width] }
    return formed.dtype == .float32 && formed.shape == weights.shape
  }

  var description: String {
    factors.map { "float32 [\($0.height),\($0.width)]" } ?? formed.description
  }

  /// Calls `body` with parts of the gradient, on all threads: where the part begins, its elements, and how many. Parts
  /// stay in the cache of a core while they are worked on.
  ///
  /// - Parameter weights: a part of them is only changed by the call with that part.
  func forEachPart(
    _ weights: UnsafePointer<Float>, _ call: Call, _ body: (Int, UnsafePointer<Float>, Int) -> Void
  ) {
    if let factors {
      let pool = call.context.pool
      let width = factors.width
      forEachPart(of: factors.height, factors.grain, width, call.threads) { rows, room in
        factors.form(rows, weights, into: room, pool)
        if scale != 1 { multiply(room, into: room, rows.count * width) }
        body(rows.lowerBound * width, room, rows.count * width)
      }
      return
    }
    guard let values = formed.floats.baseAddress else { return }
    forEachPart(of: formed.elementCount, 1 << 15, 1, call.threads) { part, room in
      let start = values + part.lowerBound
      if scale != 1 { multiply(start, into: room, part.count) }
      body(part.lowerBound, scale == 1 ? start : UnsafePointer(room), part.count)
    }
  }

  /// Calls `body` with consecutive parts of `0..<total`, each of `grain` but the last, and room for `width` numbers for
  /// each of a part's. A thread takes several parts that follow each other, since memory is faster in long runs.
  private func forEachPart(
    of total: Int, _ grain: Int, _ width: Int, _ threads: ThreadTeam,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    threads.split(total, grain: grain * max(1, min(8, total / (16 * grain)))) { run in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: min(grain, run.count) * width) { room in
        guard let room = room.baseAddress else { return }
        for start in stride(from: run.lowerBound, to: run.upperBound, by: grain) {
          body(start..<min(start + grain, run.upperBound), room)
        }
      }
    }
  }

  private func multiply(_ values: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ count: Int) {
    withUnsafePointer(to: scale) { ck_multiply(out, values, 1, $0, 0, count) }
  }
}
