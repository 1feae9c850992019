import CKernel
import Tensors

/// The gradient b wᵀ of what a layer multiplied its weights w `[m, n]` with, of which b `[rows, n]` is the gradient of the
/// product; w are the weights before an update that has b as a factor.
///
/// With few rows it is made part by part while the update has the weights in the cache, so that they are read from
/// memory once for both.
struct PassedBack {
  /// `[rows, m]`
  let result: Tensor
  /// b, packed; `nil` where the product is there already.
  private let packed: Tensor?
  private let rowCount: Int
  private let width: Int

  /// How many of the weights' rows are worked on together: with their slots they stay in the cache of a core.
  static let grain = 8

  /// How many of the weights that come next, and of their slots, are asked for meanwhile.
  static let reach = 1 << 13

  /// - Parameters:
  ///   - call: the update's, of which the first input are the weights.
  ///   - factors: of its gradient; where it has none, or this CPU no fast way, the product is made here.
  init(_ call: Call, _ b: Tensor, _ factors: FactoredGradient?) throws {
    guard let factors, MatrixPiece.hasThinProducts else {
      var product = call
      product.inputs = [b, try call.context.variables.value(of: call.variable(0).node)]
      guard product.inputs.allSatisfy({ $0.shape.rank == 2 }) else { throw product.unsupported() }
      result = try product.product(false, true)
      packed = nil
      (rowCount, width) = (0, 0)
      return
    }
    (rowCount, width) = (factors.rowCount, factors.width)
    result = try call.allocate(.float32, call.shape([rowCount, factors.height]))
    let packed = try call.allocate(.float32, call.shape([ck_packed_count(rowCount, width)]))
    if let values = b.floats.baseAddress, let room = packed.mutableFloats.baseAddress {
      ck_pack_thin(ck_factor(values: values, line_step: width, term_step: 1), room, rowCount, width)
    }
    self.packed = packed
  }

  /// Whether it is made with the update.
  var isJoined: Bool { packed != nil }

  /// Makes the columns that belong to some rows of the weights, if they are not there already.
  ///
  /// - Parameter ahead: asked for meanwhile.
  func multiply(_ rows: Range<Int>, _ weights: UnsafePointer<Float>, ahead: ck_ahead) {
    guard let packed, let out = result.mutableFloats.baseAddress else { return }
    ck_multiply_packed(
      packed.floats.baseAddress,
      ck_factor(values: weights + rows.lowerBound * width, line_step: width, term_step: 1), out + rows.lowerBound,
      result.shape.dimensions[1], rowCount, rows.count, width, ahead)
  }
}
