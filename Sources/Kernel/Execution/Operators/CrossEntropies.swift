import Bytes
import CKernel
import Glibc
import Graphs
import Tensors

extension Operator {
  /// Softmax and cross entropy as one: of each row of logits [batch, classes] the loss, and its gradient by the
  /// logits.
  static let crossEntropies: [Operator] = [
    // logits, labels of the same shape
    .plain("SoftmaxCrossEntropyWithLogits") { call in
      try call.expect(2)
      let labels = call.inputs[1]
      guard labels.dtype == .float32, labels.shape == call.inputs[0].shape else { throw call.unsupported() }
      try crossEntropy(&call) { row, logits, gradient, largest, logSum in
        let start = row * logits.count
        var loss: Float = 0
        for column in logits.indices {
          let label = labels.floats[start + column]
          loss += label * (logSum - (logits[column] - largest))
          gradient[column] -= label
        }
        return loss
      }
    },
    // logits, the number of the right class in each row
    .plain("SparseSoftmaxCrossEntropyWithLogits") { call in
      try call.expect(2)
      let labels = try call.integers(1)
      let shape = call.inputs[0].shape
      guard shape.rank == 2, labels.count == shape.dimensions[0], call.inputs[1].shape.rank == 1 else {
        throw call.unsupported()
      }
      if let wrong = labels.first(where: { $0 < 0 || $0 >= shape.dimensions[1] }) {
        throw call.error("its label \(wrong) is not among \(shape.dimensions[1]) classes")
      }
      try crossEntropy(&call) { row, logits, gradient, largest, logSum in
        gradient[labels[row]] -= 1
        return logSum - (logits[labels[row]] - largest)
      }
    },
  ]

  /// - Parameter loss: gives the loss of a row of the logits, and takes the labels off its softmax, which becomes
  /// the gradient; the last arguments are the row's largest and the logarithm of the sum of exponentials of what is
  /// above that.
  private static func crossEntropy(
    _ call: inout Call,
    _ loss: (Int, UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>, Float, Float) -> Float
  ) throws {
    let shape = call.inputs[0].shape
    guard shape.rank == 2, call.inputs[0].dtype == .float32 else { throw call.unsupported() }
    let columns = shape.dimensions[1]
    let losses = try call.allocate(.float32, try call.shape([shape.dimensions[0]]))
    let result = try call.allocate(.float32, shape)
    call.outputs = [losses, result]
    let (out, logits, gradients) = (losses.mutableFloats, call.inputs[0].floats, result.mutableFloats)
    guard let source = logits.baseAddress, let target = gradients.baseAddress, logits.count > 0 else {
      out.update(repeating: 0)
      return
    }
    call.threads.split(shape.dimensions[0], grain: max(1, (1 << 13) / columns)) { rows in
      for row in rows {
        let (input, gradient) = (source + row * columns, target + row * columns)
        let largest = ck_largest(input, columns)
        let sum = ck_exp_shifted(gradient, input, largest, columns)
        var factor = 1 / sum
        ck_multiply(gradient, gradient, 1, &factor, 0, columns)
        out[row] = loss(
          row, UnsafeBufferPointer(start: input, count: columns),
          UnsafeMutableBufferPointer(start: gradient, count: columns), largest, log(sum))
      }
    }
  }
}
