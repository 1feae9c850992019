import Tensors

/// Recurrent layers as the fused operators that TensorFlow has for CPUs.
extension GraphBuilder {
  /// A whole sequence of a long short-term memory without peepholes: `BlockLSTM`.
  ///
  /// - Parameters:
  ///   - x: `[time, batch, input]`
  ///   - kernel: `[input + cells, 4 cells]`, columns in the order input gate, candidate, forget gate, output gate, as
  ///     `BasicLSTMCell` has them.
  /// - Returns: all cell states and all outputs, `[time, batch, cells]` each.
  package func blockLSTM(
    _ x: GraphTensor, steps: GraphTensor, cell: GraphTensor, hidden: GraphTensor, kernel: GraphTensor,
    bias: GraphTensor, forgetBias: Float = 1
  ) throws -> (cells: GraphTensor, hidden: GraphTensor) {
    guard x.rank == 3, cell.rank == 2, kernel.rank == 2, cell.width * 4 == kernel.width else {
      throw misfit("BlockLSTM", [x, cell, kernel])
    }
    let peephole = try constant(Array(repeating: Float(0), count: cell.width), name: "peephole")
    let every = (x.dtype, [x.dimensions[0], x.dimensions[1], cell.width])
    let outputs = try node(
      "BlockLSTM", [steps, x, cell, hidden, kernel, peephole, peephole, peephole, bias],
      [
        "T": .type(TypeCode(x.dtype)), "forget_bias": .float(forgetBias), "cell_clip": .float(-1),
        "use_peephole": .bool(false),
      ], outputs: Array(repeating: every, count: 7))
    return (outputs[1], outputs[6])
  }

  /// One step of a gated recurrent unit: `GRUBlockCell`.
  ///
  /// - Parameters:
  ///   - gates: `[input + cells, 2 cells]`, reset gate before update gate, as `GRUCell` has them.
  ///   - candidate: `[input + cells, cells]`
  /// - Returns: the new state.
  package func gruBlockCell(
    _ x: GraphTensor, state: GraphTensor, gates: GraphTensor, candidate: GraphTensor, gateBias: GraphTensor,
    candidateBias: GraphTensor
  ) throws -> GraphTensor {
    guard x.rank == 2, state.rank == 2, gates.width == 2 * state.width, candidate.width == state.width else {
      throw misfit("GRUBlockCell", [x, state, gates, candidate])
    }
    let result = (x.dtype, [x.dimensions[0], state.width])
    return try node(
      "GRUBlockCell", [x, state, gates, candidate, gateBias, candidateBias], ["T": .type(TypeCode(x.dtype))],
      outputs: Array(repeating: result, count: 4))[3]
  }
}
