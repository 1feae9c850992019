import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// seq_len_max, the eight inputs of `BlockLSTM`, its seven outputs, cs_grad, h_grad → the gradients by x,
  /// cs_prev, h_prev, w, wci, wcf, wco, b.
  static func blockGradient(_ name: String, isSecondVersion: Bool) -> Operator {
    Operator(name) { node in
      let settings = LSTM.Settings(node, isSecondVersion: isSecondVersion)
      return { call in
        try call.expect(18)
        try LSTM(call, first: 1, steps: try call.integer(0), settings).backward(&call)
      }
    }
  }

  /// The eight inputs of `LSTMBlockCell`, i, cs, f, o, ci, co, cs_grad, h_grad → cs_prev_grad, the gradients by the
  /// gates' sums, those by wci, wcf and wco.
  static let cellGradient = Operator("LSTMBlockCellGrad") { node in
    let settings = LSTM.Settings(node, isSecondVersion: false)
    return { call in
      try call.expect(16)
      try LSTM(call, first: 0, steps: nil, settings).cellBackward(&call)
    }
  }
}

/// Gates and states of all steps: i, cs, f, o, ci, co.
private struct LSTMTrace {
  let i, cs, f, o, ci, co: UnsafePointer<Float>

  /// - Parameter first: the input that is i.
  init?(_ call: Call, first: Int) {
    let at = call.inputs[first..<first + 6].compactMap(\.floats.baseAddress)
    guard at.count == 6 else { return nil }
    (i, cs, f, o, ci, co) = (at[0], at[1], at[2], at[3], at[4], at[5])
  }
}

extension LSTM {
  /// Checks that the inputs in `range` are of the outputs' shape.
  private func expect(_ range: Range<Int>, of call: Call, isSequence: Bool) throws {
    let shape = try shape(call, isSequence: isSequence)
    guard call.inputs[range].allSatisfy({ $0.dtype == .float32 && $0.shape == shape }) else {
      throw call.unsupported()
    }
  }

  /// New tensors of zeros.
  private func zeros(_ call: Call, like inputs: [Int]) throws -> [Tensor] {
    let zero = try call.constant(0, .float32)
    return try inputs.map { try call.filled(call.inputs[$0].shape, with: zero) }
  }

  fileprivate func cellBackward(_ call: inout Call) throws {
    try expect(8..<16, of: call, isSequence: false)
    let gates = try call.filled(try call.shape([batch, 4 * units]), with: try call.constant(0, .float32))
    defer { withExtendedLifetime(gates) {} }
    let results = try zeros(call, like: [1, 4, 5, 6])
    call.outputs = [results[0], gates] + results[1...]
    guard let weights = weights(call, first: 0), let trace = LSTMTrace(call, first: 8),
      let none = try zeros(call, like: [1])[0].floats.baseAddress, let out = gates.mutableFloats.baseAddress,
      let before = results[0].mutableFloats.baseAddress, let csGrad = call.inputs[14].floats.baseAddress,
      let hGrad = call.inputs[15].floats.baseAddress
    else { return }
    step(
      trace, 0, state: weights.stateBefore, weights, grads: (hGrad, csGrad), carries: (none, none), into: out,
      before,
      call.threads)
    if settings.usesPeepholes {
      addPeepholes(trace, 0, state: weights.stateBefore, out, results[1...].map(\.mutableFloats), call.threads)
    }
  }

  /// The gradients of one step's gate sums, and of the state before it.
  ///
  /// - Parameter carries: what the step after it gives back, of h and cs.
  private func step(
    _ trace: LSTMTrace, _ step: Int, state: UnsafePointer<Float>, _ weights: Weights,
    grads: (UnsafePointer<Float>, UnsafePointer<Float>), carries: (UnsafePointer<Float>, UnsafePointer<Float>),
    into gates: UnsafeMutablePointer<Float>, _ before: UnsafeMutablePointer<Float>, _ threads: ThreadTeam
  ) {
    let peeps = settings.usesPeepholes
    threads.split(batch, grain: grain) { rows in
      for row in rows {
        let at = step * stepCount + row * units
        let own = row * units
        let input = ck_lstm_row(
          i: trace.i + at, ci: trace.ci + at, f: trace.f + at, o: trace.o + at, co: trace.co + at,
          cs_prev: state + own, h_grad: grads.0 + at, h_carry: carries.0 + own, cs_grad: grads.1 + at,
          cs_carry: carries.1 + own, wci: peeps ? weights.peepholeI : nil, wcf: peeps ? weights.peepholeF : nil,
          wco: peeps ? weights.peepholeO : nil)
        let out = gates + row * 4 * units
        ck_lstm_grad(
          out, out + settings.candidate * units, out + settings.forget * units, out + 3 * units, before + own,
          input,
          units)
      }
    }
  }

  /// Adds one step's gradients by the three peepholes.
  private func addPeepholes(
    _ trace: LSTMTrace, _ step: Int, state: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>,
    _ sums: [UnsafeMutableBufferPointer<Float>], _ threads: ThreadTeam
  ) {
    threads.split(units, grain: 256) { part in
      for row in 0..<batch {
        let (out, old) = (gates + row * 4 * units, state + row * units)
        let new = trace.cs + step * stepCount + row * units
        for unit in part {
          sums[0][unit] += out[unit] * old[unit]
          sums[1][unit] += out[settings.forget * units + unit] * old[unit]
          sums[2][unit] += out[3 * units + unit] * new[unit]
        }
      }
    }
  }

  fileprivate func backward(_ call: inout Call) throws {
    try expect(9..<18, of: call, isSequence: true)
    let results = try zeros(call, like: [1, 2, 3, 4, 5, 6, 7, 8])
    call.outputs = results
    guard let weights = weights(call, first: 1), let trace = LSTMTrace(call, first: 9),
      let h = call.inputs[15].floats.baseAddress, let csGrad = call.inputs[16].floats.baseAddress,
      let hGrad = call.inputs[17].floats.baseAddress
    else { return }
    let out = results.map { $0.mutableFloats.baseAddress }
    guard let before = out[1], let outputBefore = out[2], let kernelGradient = out[3] else { return }
    let gates = try call.allocate(.float32, try call.shape([blockSteps, batch, 4, units]))
    defer { withExtendedLifetime(gates) {} }
    // The state's gradient goes back and forth between two buffers.
    let spare = try zeros(call, like: [2])[0]
    let part = try call.allocate(.float32, call.inputs[4].shape)
    defer { withExtendedLifetime(part) {} }
    guard let gatesStart = gates.mutableFloats.baseAddress, let other = spare.mutableFloats.baseAddress,
      let partial = part.mutableFloats.baseAddress
    else { return }
    var carry = (old: UnsafePointer(before), new: other)
    let products = MatrixProduct(threads: call.threads, pool: call.context.pool)
    func matrix(_ values: UnsafePointer<Float>, _ stride: Int, turned: Bool = false) -> MatrixPiece.Operand {
      .init(values: values, stride: stride, isTransposed: turned)
    }
    let columns = 4 * units
    let kernelX = matrix(weights.kernel, columns, turned: true)
    let kernelH = matrix(weights.kernel + width * columns, columns, turned: true)
    var biases = Array(repeating: 0.0, count: columns)
    /// Adds a product of `rows` of the kernel, from `first` on, over `terms` rows of gates from `from` on.
    func addProduct(
      _ left: UnsafePointer<Float>, _ rows: Int, at first: Int, _ from: UnsafePointer<Float>, terms: Int
    ) throws {
      guard terms > 0, rows > 0 else { return }
      try products.multiply(
        matrix(left, rows, turned: true), matrix(from, columns), into: partial, rows: rows, columns: columns,
        depth: terms)
      let sum = kernelGradient + first * columns
      call.threads.split(rows * columns, grain: 1 << 15) { range in
        ck_add(sum + range.lowerBound, sum + range.lowerBound, 1, partial + range.lowerBound, 1, range.count)
      }
    }
    for start in stride(from: (steps - 1) / blockSteps * blockSteps, through: 0, by: -blockSteps) {
      let block = start..<min(steps, start + blockSteps)
      for step in block.reversed() {
        let own = gatesStart + (step - start) * gateCount
        let state = step == 0 ? weights.stateBefore : trace.cs + (step - 1) * stepCount
        self.step(
          trace, step, state: state, weights, grads: (hGrad, csGrad),
          carries: (UnsafePointer(outputBefore), carry.old),
          into: own, carry.new, call.threads)
        carry = (UnsafePointer(carry.new), UnsafeMutablePointer(mutating: carry.old))
        try products.multiply(
          matrix(own, columns), kernelH, into: outputBefore, rows: batch, columns: units, depth: columns)
        if settings.usesPeepholes {
          addPeepholes(trace, step, state: state, own, results[4...6].map(\.mutableFloats), call.threads)
        }
      }
      let rows = block.count * batch
      if let xGradient = out[0] {
        try products.multiply(
          matrix(gatesStart, columns), kernelX, into: xGradient + start * batch * width, rows: rows, columns: width,
          depth: columns)
      }
      try addProduct(weights.x + start * batch * width, width, at: 0, gatesStart, terms: rows)
      // What came before the first step is an input of its own.
      let skipped = start == 0 ? batch : 0
      if start == 0 { try addProduct(weights.outputBefore, units, at: width, gatesStart, terms: batch) }
      try addProduct(
        h + (start * batch + skipped - batch) * units, units, at: width, gatesStart + skipped * columns,
        terms: rows - skipped)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { sums in
        ck_channel_sums(sums.baseAddress, gatesStart, rows, columns)
        for column in 0..<columns { biases[column] += Double(sums[column]) }
      }
    }
    let bias = results[7].mutableFloats
    for column in 0..<columns { bias[column] = Float(biases[column]) }
    if carry.old != UnsafePointer(before) { before.update(from: carry.old, count: stepCount) }
  }
}
