import CKernel
import Graphs
import Tensors

extension Operator {
  /// The operator of the nodes that ``Fusion`` makes of a softmax's gradient; files do not have it.
  static let softmaxGradient = "_SoftmaxGrad"

  /// dy, y; axis: y (dy - the sum of y dy along the axis).
  static let gradientOfSoftmax = Operator(softmaxGradient) { node in
    let axis = node.attributes.int("axis") ?? -1
    let multiply = try plainOperation("Mul", node)
    let subtract = try plainOperation("Sub", node)
    let sum = try plainOperation("Sum", node)
    return { call in
      try call.expect(2)
      let (grad, y) = (call.inputs[0], call.inputs[1])
      let rank = y.shape.rank
      guard grad.dtype == .float32, y.dtype == .float32, grad.shape == y.shape, axis == -1 || axis == rank - 1,
        let columns = y.shape.dimensions.last
      else {
        // Not as the gradient of a softmax is taken: as the nodes would have it.
        func run(_ operation: Operation, _ inputs: [Tensor]) throws -> Tensor {
          var inner = Call(node, inputs, call.context)
          try operation(&inner)
          return inner.outputs[0]
        }
        let axes = Tensor(.int32(Int32(clamping: axis)))
        let total = try run(sum, [run(multiply, [grad, y]), axes])
        call.outputs = [try run(multiply, [run(subtract, [grad, total]), y])]
        return
      }
      let result = try call.reuseAny(as: .float32, y.shape)
      if let from = y.floats.baseAddress, let chained = grad.floats.baseAddress,
        let to = result.mutableFloats.baseAddress, columns > 0
      {
        call.threads.split(y.elementCount / columns, grain: max(1, (1 << 14) / columns)) { rows in
          let start = rows.lowerBound * columns
          ck_softmax_grad(to + start, from + start, chained + start, rows.count, columns)
        }
      }
      call.outputs = [result]
    }
  }

  private static func plainOperation(_ op: String, _ node: Node) throws -> Operation {
    guard let known = all[op] else { throw node.error("\(op) is not supported") }
    return try known.prepare(Node(node.name, op, attributes: ["keep_dims": .bool(true)]))
  }
}
