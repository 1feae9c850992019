import Bytes
import CKernel
import Graphs
import Tensors

/// A batch going through LSTM cells, as TensorFlow's `BlockLSTM` and `LSTMBlockCell` have it.
///
/// Of the gates' sums [x, h_prev] w + b, i, f and o go through a sigmoid and ci through a tanh; cs = ci i + cs_prev
/// f, within the clip; co = tanh(cs), h = o co. With peepholes the sums of i and f see cs_prev, and that of o sees
/// cs.
struct LSTM {
  /// Steps of all sequences, those that are computed, sequences, inputs and units.
  let (time, steps, batch, width, units): (Int, Int, Int, Int, Int)
  let settings: Settings

  /// The attributes.
  struct Settings {
    let forgetBias: Float
    let clip: Float
    let usesPeepholes: Bool
    /// Where the sums of ci and f are among those of i, ci, f, o; version 2 has f before ci.
    let candidate: Int
    let forget: Int

    init(_ node: Node, isSecondVersion: Bool) {
      forgetBias = isSecondVersion ? 0 : node.attributes.float("forget_bias") ?? 1
      clip = node.attributes.float("cell_clip") ?? (isSecondVersion ? 0 : 3)
      usesPeepholes = node.attributes.bool("use_peephole") ?? false
      (candidate, forget) = isSecondVersion ? (2, 1) : (1, 2)
    }
  }

  /// x and all that follows it in the inputs: cs_prev, h_prev, w, wci, wcf, wco, b.
  struct Weights {
    let x, stateBefore, outputBefore, kernel, peepholeI, peepholeF, peepholeO, bias: UnsafePointer<Float>
  }

  /// Checks the inputs from `first` on, which is x, [time, batch, width] or [batch, width].
  ///
  /// - Parameter steps: how many are computed; `nil` for one cell.
  init(_ call: Call, first: Int, steps: Int?, _ settings: Settings) throws {
    let shapes = call.inputs[first..<first + 8].map(\.shape.dimensions)
    guard call.inputs[first..<first + 8].allSatisfy({ $0.dtype == .float32 }),
      shapes[0].count == (steps == nil ? 2 : 3), shapes[1].count == 2, let width = shapes[0].last
    else { throw call.unsupported() }
    let (batch, units) = (shapes[1][0], shapes[1][1])
    let time = steps == nil ? 1 : shapes[0][0]
    let (total, isTooLarge) = width.addingReportingOverflow(units)
    let (gates, areTooMany) = units.multipliedReportingOverflow(by: 4)
    guard !isTooLarge, !areTooMany, shapes[0].suffix(2) == [batch, width], shapes[2] == [batch, units],
      shapes[3] == [total, gates], shapes[4...6].allSatisfy({ $0 == [units] }), shapes[7] == [gates]
    else { throw call.unsupported() }
    guard (steps ?? 1) >= 0, (steps ?? 1) <= time else {
      throw call.error("it is to take \(steps ?? 1) steps of a sequence of \(time)")
    }
    self.settings = settings
    (self.time, self.steps, self.batch, self.width, self.units) = (time, steps ?? 1, batch, width, units)
  }

  /// Where the inputs from `first` on are; `nil` when there is nothing to compute.
  func weights(_ call: Call, first: Int) -> Weights? {
    guard batch > 0, units > 0, steps > 0 else { return nil }
    let at = call.inputs[first..<first + 8].map { $0.floats.baseAddress ?? LSTM.nothing }
    return Weights(
      x: at[0], stateBefore: at[1], outputBefore: at[2], kernel: at[3], peepholeI: at[4], peepholeF: at[5],
      peepholeO: at[6], bias: at[7])
  }

  /// What inputs without elements point to.
  private static var nothing: UnsafePointer<Float> { UnsafePointer(bitPattern: 64).unsafelyUnwrapped }

  /// Numbers in one step of all sequences: units, and gates.
  var stepCount: Int { batch * units }
  var gateCount: Int { 4 * batch * units }

  /// How many steps are taken together where the order does not matter: enough rows for a fast product.
  var blockSteps: Int { max(1, min(steps, 4096 / max(1, batch))) }

  /// Rows of a batch that are worth a thread's while.
  var grain: Int { max(1, (1 << 12) / max(1, units)) }

  /// The shape of an output.
  func shape(_ call: Call, isSequence: Bool) throws -> Shape {
    try call.shape(isSequence ? [time, batch, units] : [batch, units])
  }
}

extension Operator {
  /// Recurrent cells and sequences of them.
  static let recurrent: [Operator] = [
    block("BlockLSTM", isSecondVersion: false), block("BlockLSTMV2", isSecondVersion: true),
    blockGradient("BlockLSTMGrad", isSecondVersion: false), blockGradient("BlockLSTMGradV2", isSecondVersion: true),
    // x, cs_prev, h_prev, w, wci, wcf, wco, b → i, cs, f, o, ci, co, h
    Operator("LSTMBlockCell") { node in
      let settings = LSTM.Settings(node, isSecondVersion: false)
      return { call in
        try call.expect(8)
        try LSTM(call, first: 0, steps: nil, settings).forward(&call, first: 0, isSequence: false)
      }
    },
    cellGradient,
    gruCell, gruGradient,
  ]

  /// seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b → i, cs, f, o, ci, co, h, zero after seq_len_max steps.
  private static func block(_ name: String, isSecondVersion: Bool) -> Operator {
    Operator(name) { node in
      let settings = LSTM.Settings(node, isSecondVersion: isSecondVersion)
      return { call in
        try call.expect(9)
        try LSTM(call, first: 1, steps: try call.integer(0), settings).forward(&call, first: 1, isSequence: true)
      }
    }
  }
}

extension LSTM {
  fileprivate func forward(_ call: inout Call, first: Int, isSequence: Bool) throws {
    let shape = try shape(call, isSequence: isSequence)
    let results = try (0..<7).map { _ in try call.allocate(.float32, shape) }
    call.outputs = results
    let done = steps * stepCount
    for result in results { result.mutableFloats.suffix(from: done).update(repeating: 0) }
    guard let weights = weights(call, first: first) else { return }
    let out = results.compactMap(\.mutableFloats.baseAddress)
    guard out.count == results.count else { return }
    let sums = try call.allocate(.float32, try call.shape([blockSteps, batch, 4, units]))
    let own = try call.allocate(.float32, try call.shape([batch, 4, units]))
    defer { withExtendedLifetime((sums, own)) {} }
    guard let sumsX = sums.mutableFloats.baseAddress, let sumsH = own.mutableFloats.baseAddress else { return }
    let products = MatrixProduct(threads: call.threads, pool: call.context.pool)
    let kernelX = MatrixPiece.Operand(values: weights.kernel, stride: 4 * units, isTransposed: false)
    let kernelH = MatrixPiece.Operand(
      values: weights.kernel + width * 4 * units, stride: 4 * units, isTransposed: false)
    for start in stride(from: 0, to: steps, by: blockSteps) {
      let block = start..<min(steps, start + blockSteps)
      try products.multiply(
        .init(values: weights.x + start * batch * width, stride: width, isTransposed: false), kernelX, into: sumsX,
        rows: block.count * batch, columns: 4 * units, depth: width)
      for step in block {
        let before = (step - 1) * stepCount
        let (state, output) =
          step == 0
          ? (weights.stateBefore, weights.outputBefore)
          : (UnsafePointer(out[1] + before), UnsafePointer(out[6] + before))
        try products.multiply(
          .init(values: output, stride: units, isTransposed: false), kernelH, into: sumsH, rows: batch,
          columns: 4 * units, depth: units)
        let gatesX = sumsX + (step - start) * gateCount
        call.threads.split(batch, grain: grain) { rows in
          for row in rows {
            self.row(
              out.map { $0 + step * stepCount + row * units }, state + row * units, gatesX + row * 4 * units,
              sumsH + row * 4 * units, weights)
          }
        }
      }
    }
  }

  /// One sequence's step. `out` is i, cs, f, o, ci, co, h.
  private func row(
    _ out: [UnsafeMutablePointer<Float>], _ state: UnsafePointer<Float>, _ gatesX: UnsafePointer<Float>,
    _ gatesH: UnsafePointer<Float>, _ weights: Weights
  ) {
    let (i, cs, f, o, ci, co, h) = (out[0], out[1], out[2], out[3], out[4], out[5], out[6])
    func gate(
      _ out: UnsafeMutablePointer<Float>, _ place: Int, _ shift: Float, _ peephole: UnsafePointer<Float>?,
      _ seen: UnsafePointer<Float>?
    ) {
      let at = place * units
      ck_gate(
        out, gatesX + at, gatesH + at, weights.bias + at, shift, settings.usesPeepholes ? peephole : nil, seen,
        units)
    }
    gate(i, 0, 0, weights.peepholeI, state)
    ck_sigmoid(i, i, units)
    gate(ci, settings.candidate, 0, nil, nil)
    ck_tanh(ci, ci, units)
    gate(f, settings.forget, settings.forgetBias, weights.peepholeF, state)
    ck_sigmoid(f, f, units)
    ck_cell_state(cs, ci, i, state, f, settings.clip, units)
    gate(o, 3, 0, weights.peepholeO, cs)
    ck_sigmoid(o, o, units)
    ck_tanh(co, cs, units)
    ck_multiply(h, o, 1, co, 1, units)
  }
}
