import Bytes
import Graphs
import Tensors

/// The kinds of cells of recurrent layers (specs: miha2018 §8.1).
enum RecurrentCell {
  /// Long short-term memory without peepholes, whose forget gates start open.
  case lstm
  /// Gated recurrent unit.
  case gru
}

/// What a recurrent layer makes of each frame.
struct RecurrentStates {
  /// What the next layer sees, with the lengths of the layer's own input. What padding makes is undefined.
  let outputs: FrameSequence
  /// What cells remember; of gated recurrent units the same as the outputs.
  let cells: GraphTensor
}

extension ModelBuilder {
  /// One layer of recurrent cells that start from zeros: variables `kernel` and `bias` under the names of the
  /// reference's cells.
  func recurrent(_ kind: RecurrentCell, _ input: FrameSequence, _ width: Int, _ scope: String) throws
    -> RecurrentStates
  {
    let shape = try graph.pack([videoCount(input.lengths), graph.constant(width)])
    let zeros = try graph.fill(shape, graph.constant(Float(0)), knownAs: [-1, width])
    return try variables(in: scope) {
      switch kind {
      case .lstm: try lstm(input, zeros)
      case .gru: try gru(input, zeros)
      }
    }
  }

  /// As one operator, which ends with the longest video.
  private func lstm(_ input: FrameSequence, _ zeros: GraphTensor) throws -> RecurrentStates {
    let weights = try cellWeights(
      "basic_lstm_cell", input.frames.width + zeros.width, 4 * zeros.width, bias: 0)
    let steps = try graph.cast(graph.largest(input.lengths, [0]), to: .int64)
    let states = try graph.blockLSTM(
      input.frames, steps: steps, cell: zeros, hidden: zeros, kernel: weights.kernel, bias: weights.bias)
    return RecurrentStates(
      outputs: FrameSequence(frames: states.hidden, lengths: input.lengths), cells: states.cells)
  }

  /// One operator a frame.
  private func gru(_ input: FrameSequence, _ zeros: GraphTensor) throws -> RecurrentStates {
    let (rows, width) = (input.frames.width + zeros.width, zeros.width)
    let gates = try cellWeights("gru_cell/gates", rows, 2 * width, bias: 1)
    let candidate = try cellWeights("gru_cell/candidate", rows, width, bias: 0)
    var state = zeros
    let states = try graph.unpack(input.frames).map { frame in
      state = try graph.gruBlockCell(
        frame, state: state, gates: gates.kernel, candidate: candidate.kernel, gateBias: gates.bias,
        candidateBias: candidate.bias)
      return state
    }
    let all = try graph.pack(states)
    return RecurrentStates(outputs: FrameSequence(frames: all, lengths: input.lengths), cells: all)
  }

  private func cellWeights(_ scope: String, _ rows: Int, _ columns: Int, bias: Float) throws
    -> (kernel: GraphTensor, bias: GraphTensor)
  {
    try variables(in: scope) {
      (
        try variable("kernel", [rows, columns], .glorotUniform).value,
        try variable("bias", [columns], .constant(bias)).value
      )
    }
  }

  /// Layers of cells on top of each other, under `scope/multi_rnn_cell/cell_i`.
  ///
  /// - Returns: the states of each layer.
  func recurrentLayers(
    _ kind: RecurrentCell, _ input: FrameSequence, _ width: Int, count: Int, _ scope: String = "rnn"
  ) throws -> [RecurrentStates] {
    var next = input
    return try (0..<count).map { number in
      let states = try recurrent(kind, next, width, "\(scope)/multi_rnn_cell/cell_\(number)")
      next = states.outputs
      return states
    }
  }

  /// A layer in both directions, each of half the width, and one layer over what both say (specs: miha2018 §8.6, §8.7).
  ///
  /// - Returns: the states of the upper layer.
  func bidirectional(_ kind: RecurrentCell, _ input: FrameSequence, _ width: Int) throws -> RecurrentStates {
    let forward = try recurrent(
      kind, input, width / 2, "bidirectional_rnn/fw/multi_rnn_cell/cell_0"
    ).outputs
    let backward = try recurrent(
      kind, input.reversed(graph), width / 2, "bidirectional_rnn/bw/multi_rnn_cell/cell_0"
    ).outputs.reversed(graph)
    let both = try graph.concat([forward.frames, backward.frames], axis: 2)
    let upper = FrameSequence(frames: both, lengths: input.lengths)
    return try recurrent(kind, upper, width, "rnn/multi_rnn_cell/cell_0")
  }
}

extension Hyperparameters {
  /// The cells of a layer over two directions, each of which has half of them.
  func evenCells() throws -> Int {
    guard lstmCells.isMultiple(of: 2) else {
      throw KernelError(
        .usage, "", "--lstm_cells is \(lstmCells), but must be even: each direction has half of them")
    }
    return lstmCells
  }
}
