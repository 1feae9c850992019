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
  /// stay in the cache of a core while they are worked on, and are worth a thread's while.
  ///
  /// - Parameter weights: a part of them is only changed by the call with that part.
  func forEachPart(
    _ weights: UnsafePointer<Float>, _ call: Call, _ body: (Int, UnsafePointer<Float>, Int) -> Void
  ) {
    if let factors {
      let pool = call.context.pool
      call.threads.split(factors.height, grain: factors.grain) { rows in
        let count = rows.count * factors.width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { room in
          guard let room = room.baseAddress else { return }
          factors.form(rows, weights, into: room, pool)
          if scale != 1 { multiply(room, into: room, count) }
          body(rows.lowerBound * factors.width, room, count)
        }
      }
      return
    }
    guard let values = formed.floats.baseAddress else { return }
    call.threads.split(formed.elementCount, grain: 1 << 15) { part in
      let start = values + part.lowerBound
      if scale == 1 { return body(part.lowerBound, start, part.count) }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.count) { room in
        guard let room = room.baseAddress else { return }
        multiply(start, into: room, part.count)
        body(part.lowerBound, room, part.count)
      }
    }
  }

  private func multiply(_ values: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ count: Int) {
    withUnsafePointer(to: scale) { ck_multiply(out, values, 1, $0, 0, count) }
  }
}
