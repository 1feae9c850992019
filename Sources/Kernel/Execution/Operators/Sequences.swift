import Bytes
import Graphs
import Tensors

extension Operator {
  /// What recurrent models do with sequences of different lengths.
  static let sequences: [Operator] = [
    // input, lengths; seq_dim, batch_dim: the first elements of each sequence in reverse, the rest as it is.
    Operator("ReverseSequence") { node in
      let (sequenceAxis, batchAxis) = (node.attributes.int("seq_dim") ?? 0, node.attributes.int("batch_dim") ?? 0)
      return { call in
        try call.expect(2)
        let shape = call.inputs[0].shape
        let sequence = try call.axis(sequenceAxis, rank: shape.rank)
        let batch = try call.axis(batchAxis, rank: shape.rank)
        let lengths = try call.integers(1)
        guard sequence != batch, lengths.count == shape.dimensions[batch],
          lengths.allSatisfy({ $0 >= 0 && $0 <= shape.dimensions[sequence] })
        else { throw call.error("its lengths do not fit \(call.inputs[0])") }
        call.outputs = [try call.reversed(sequence, batch, lengths)]
      }
    }
  ]
}

extension Call {
  fileprivate func reversed(_ sequence: Int, _ batch: Int, _ lengths: [Int]) throws -> Tensor {
    let tensor = inputs[0]
    try requireNumbers(tensor)
    let result = try allocate(tensor.dtype, tensor.shape)
    guard result.byteCount > 0 else { return result }
    // Three kinds of axes: before both, between, and after both.
    let shape = tensor.shape
    let (first, second) = (min(sequence, batch), max(sequence, batch))
    let runBytes = shape.count(second + 1..<shape.rank) * (tensor.dtype.byteCount ?? 1)
    let middle = shape.count(first + 1..<second)
    let (firstExtent, secondExtent) = (shape.dimensions[first], shape.dimensions[second])
    let (source, target) = (tensor.bytes, result.mutableBytes)
    threads.split(target.count / runBytes, grain: max(1, (1 << 16) / runBytes)) { runs in
      for run in runs {
        let (rest, inner) = run.quotientAndRemainder(dividingBy: secondExtent)
        let (upper, between) = rest.quotientAndRemainder(dividingBy: middle)
        let outer = upper % firstExtent
        let (place, video) = sequence == first ? (outer, inner) : (inner, outer)
        let taken = place < lengths[video] ? lengths[video] - 1 - place : place
        let from =
          sequence == first
          ? (((upper - outer + taken) * middle + between) * secondExtent + inner) : rest * secondExtent + taken
        UnsafeMutableRawBufferPointer(rebasing: target[run * runBytes..<(run + 1) * runBytes])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from * runBytes..<(from + 1) * runBytes]))
      }
    }
    return result
  }
}
