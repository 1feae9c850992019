import CKernel
import Tensors

/// The gradient that an optimizer follows: numbers, or the factors of a product, times a number.
struct UpdateGradient: CustomStringConvertible {
  /// Not used where there are factors.
  let formed: Tensor
  let factors: FactoredGradient?
  /// What else is made of the weights before they change.
  let passedBack: PassedBack?
  let scale: Float

  /// Consecutive elements of the gradient.
  struct Part {
    let start: Int
    let values: UnsafePointer<Float>
    let count: Int
    /// How many elements later those are that the same thread works on next; 0 where that need not be known.
    let ahead: Int
  }

  /// Whether it is of the shape of the weights, which are float32.
  func fits(_ weights: Tensor) -> Bool {
    if let factors { return weights.shape.dimensions == [factors.height, factors.width] }
    return formed.dtype == .float32 && formed.shape == weights.shape
  }

  var description: String {
    factors.map { "float32 [\($0.height),\($0.width)]" } ?? formed.description
  }

  /// Calls `body` with parts of the gradient, on all threads. Parts stay in the cache of a core while they are worked
  /// on.
  ///
  /// - Parameter weights: a part of them is only changed by the call with that part.
  func forEachPart(_ weights: UnsafePointer<Float>, _ call: Call, _ body: (Part) -> Void) {
    if let factors {
      let pool = call.context.pool
      let width = factors.width
      let grain = passedBack?.isJoined == true ? PassedBack.grain : factors.grain
      forEachPart(of: factors.height, grain, width, call.threads) { rows, room, isLast in
        let count = rows.count * width
        // Memory would rest while weights that are in the cache are multiplied: it brings the next ones, half of them
        // during either product, and then their slots.
        let ahead = passedBack?.isJoined == true && !isLast ? min(count, PassedBack.reach) : 0
        let next = weights + rows.upperBound * width
        passedBack?.multiply(rows, weights, ahead: ck_ahead(from: next, count: ahead / 2))
        factors.form(rows, weights, into: room, pool, ahead: ck_ahead(from: next + ahead / 2, count: ahead / 2))
        if scale != 1 { multiply(room, into: room, count) }
        body(Part(start: rows.lowerBound * width, values: room, count: count, ahead: ahead))
      }
      return
    }
    guard let values = formed.floats.baseAddress else { return }
    forEachPart(of: formed.elementCount, 1 << 15, 1, call.threads) { part, room, _ in
      let start = values + part.lowerBound
      if scale != 1 { multiply(start, into: room, part.count) }
      body(
        Part(start: part.lowerBound, values: scale == 1 ? start : UnsafePointer(room), count: part.count, ahead: 0))
    }
  }

  /// Calls `body` with consecutive parts of `0..<total`, each of `grain` but the last, with room for `width` numbers for
  /// each of a part's, and whether it is the last of those that a thread takes one after the other: it takes several,
  /// since memory is faster in long runs.
  private func forEachPart(
    of total: Int, _ grain: Int, _ width: Int, _ threads: ThreadTeam,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>, Bool) -> Void
  ) {
    threads.split(total, grain: grain * max(1, min(32, total / (16 * grain)))) { run in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: min(grain, run.count) * width) { room in
        guard let room = room.baseAddress else { return }
        for start in stride(from: run.lowerBound, to: run.upperBound, by: grain) {
          let end = min(start + grain, run.upperBound)
          body(start..<end, room, end == run.upperBound)
        }
      }
    }
  }

  private func multiply(_ values: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ count: Int) {
    withUnsafePointer(to: scale) { ck_multiply(out, values, 1, $0, 0, count) }
  }
}
