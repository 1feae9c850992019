import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// x, h_prev, w_ru, w_c, b_ru, b_c → r, u, c, h.
  ///
  /// [r, u] = sigmoid([x, h_prev] w_ru + b_ru), c = tanh([x, r h_prev] w_c + b_c), h = u h_prev + (1 - u) c.
  static let gruCell = Operator.plain("GRUBlockCell") { call in
    try call.expect(6)
    try GRU(call).forward(&call)
  }

  /// The inputs of `GRUBlockCell`, r, u, c, d_h → the gradients by x, h_prev, the sum of c, the sums of r and u.
  static let gruGradient = Operator.plain("GRUBlockCellGrad") { call in
    try call.expect(10)
    try GRU(call).backward(&call)
  }
}

/// One step of a batch through GRU cells, as TensorFlow's `GRUBlockCell` has it.
private struct GRU {
  let (batch, width, units): (Int, Int, Int)
  /// Numbers in a row of [x, h_prev].
  let total: Int

  init(_ call: Call) throws {
    let shapes = call.inputs[..<6].map(\.shape.dimensions)
    guard call.inputs.allSatisfy({ $0.dtype == .float32 }), shapes[0].count == 2, shapes[1].count == 2 else {
      throw call.unsupported()
    }
    let (batch, width, units) = (shapes[0][0], shapes[0][1], shapes[1][1])
    let (total, isTooLarge) = width.addingReportingOverflow(units)
    let (gates, areTooMany) = units.multipliedReportingOverflow(by: 2)
    guard !isTooLarge, !areTooMany, shapes[1][0] == batch, shapes[2] == [total, gates],
      shapes[3] == [total, units],
      shapes[4] == [gates], shapes[5] == [units],
      call.inputs[6...].allSatisfy({ $0.shape.dimensions == [batch, units] })
    else { throw call.unsupported() }
    (self.batch, self.width, self.units, self.total) = (batch, width, units, total)
  }

  private var grain: Int { max(1, (1 << 12) / max(1, units)) }

  private func matrix(_ tensor: Tensor, _ stride: Int, turned: Bool = false) -> MatrixPiece.Operand? {
    tensor.floats.baseAddress.map { .init(values: $0, stride: stride, isTransposed: turned) }
  }

  func forward(_ call: inout Call) throws {
    let results = try (0..<4).map { _ in try call.allocate(.float32, try call.shape([batch, units])) }
    call.outputs = results
    let joined = try call.allocate(.float32, try call.shape([batch, total]))
    let sums = try call.allocate(.float32, try call.shape([batch, 2, units]))
    defer { withExtendedLifetime((joined, sums)) {} }
    let out = results.compactMap(\.mutableFloats.baseAddress)
    guard batch > 0, units > 0, out.count == 4, let both = joined.mutableFloats.baseAddress,
      let sum = sums.mutableFloats.baseAddress, let old = call.inputs[1].floats.baseAddress,
      let left = matrix(joined, total), let gates = matrix(call.inputs[2], 2 * units),
      let candidate = matrix(call.inputs[3], units), let gateBias = call.inputs[4].floats.baseAddress,
      let bias = call.inputs[5].floats.baseAddress
    else { return }
    let x = call.inputs[0].floats.baseAddress
    let products = MatrixProduct(threads: call.threads, pool: call.context.pool)
    for row in 0..<batch {
      if let x { (both + row * total).update(from: x + row * width, count: width) }
      (both + row * total + width).update(from: old + row * units, count: units)
    }
    try products.multiply(left, gates, into: sum, rows: batch, columns: 2 * units, depth: total)
    call.threads.split(batch, grain: grain) { rows in
      for row in rows {
        let at = row * units
        for gate in 0..<2 {
          let target = out[gate] + at
          ck_add(target, sum + 2 * at + gate * units, 1, gateBias + gate * units, 1, units)
          ck_sigmoid(target, target, units)
        }
        ck_multiply(both + row * total + width, out[0] + at, 1, old + at, 1, units)
      }
    }
    try products.multiply(left, candidate, into: out[2], rows: batch, columns: units, depth: total)
    call.threads.split(batch, grain: grain) { rows in
      for row in rows {
        let (at, c) = (row * units, out[2] + row * units)
        ck_add(c, c, 1, bias, 1, units)
        ck_tanh(c, c, units)
        ck_gru_state(out[3] + at, out[1] + at, old + at, c, units)
      }
    }
  }

  func backward(_ call: inout Call) throws {
    let shapes = try [width, units, units, 2 * units].map { try call.shape([batch, $0]) }
    let results = try shapes.map { try call.filled($0, with: try call.constant(0, .float32)) }
    call.outputs = results
    // The gradients by [x, r h_prev] and by [x, h_prev].
    let parts = try (0..<2).map { _ in try call.allocate(.float32, try call.shape([batch, total])) }
    defer { withExtendedLifetime(parts) {} }
    let given = [1, 6, 7, 8, 9].compactMap { call.inputs[$0].floats.baseAddress }
    guard batch > 0, units > 0, given.count == 5, let candidate = matrix(call.inputs[3], units, turned: true),
      let gates = matrix(call.inputs[2], 2 * units, turned: true), let state = results[1].mutableFloats.baseAddress,
      let dc = results[2].mutableFloats.baseAddress, let dru = results[3].mutableFloats.baseAddress,
      let reset = parts[0].mutableFloats.baseAddress, let both = parts[1].mutableFloats.baseAddress
    else { return }
    let (old, r, u, c, grad) = (given[0], given[1], given[2], given[3], given[4])
    let products = MatrixProduct(threads: call.threads, pool: call.context.pool)
    call.threads.split(batch, grain: grain) { rows in
      for row in rows {
        let at = row * units
        ck_gru_grad(dc + at, dru + 2 * at + units, grad + at, u + at, old + at, c + at, units)
      }
    }
    try products.multiply(
      .init(values: dc, stride: units, isTransposed: false), candidate, into: reset, rows: batch, columns: total,
      depth: units)
    call.threads.split(batch, grain: grain) { rows in
      for row in rows {
        let at = row * units
        ck_gru_reset_grad(dru + 2 * at, reset + row * total + width, old + at, r + at, units)
      }
    }
    try products.multiply(
      .init(values: dru, stride: 2 * units, isTransposed: false), gates, into: both, rows: batch, columns: total,
      depth: 2 * units)
    let x = results[0].mutableFloats.baseAddress
    call.threads.split(batch, grain: grain) { rows in
      for row in rows {
        let (at, start) = (row * units, row * total)
        if let x { ck_add(x + row * width, reset + start, 1, both + start, 1, width) }
        ck_gru_state_grad(
          state + at, both + start + width, reset + start + width, r + at, grad + at, u + at, units)
      }
    }
  }
}
