import Bytes
import Graphs
import Synchronization
import Tensors

/// A list of tensors that a loop reads or fills.
final class TensorArray: Sendable {
  private let elements: Mutex<[Tensor?]>
  let dtype: DType
  let grows: Bool

  init(_ dtype: DType, count: Int, grows: Bool) {
    self.dtype = dtype
    self.grows = grows
    elements = Mutex(Array(repeating: nil, count: count))
  }

  var count: Int { elements.withLock(\.count) }

  subscript(index: Int) -> Tensor? { elements.withLock { $0.indices.contains(index) ? $0[index] : nil } }

  /// Whether there was room at `index`.
  func set(_ index: Int, _ value: Tensor) -> Bool {
    elements.withLock { elements in
      if grows, index >= elements.count, index < ControlFlow.iterationLimit {
        elements += Array(repeating: nil, count: index + 1 - elements.count)
      }
      guard elements.indices.contains(index) else { return false }
      elements[index] = value
      return true
    }
  }
}

extension Operator {
  /// Lists of tensors. The float that goes along only says what comes after what.
  static let tensorArrays: [Operator] = [
    // size; dtype, dynamic_size
    Operator("TensorArrayV3", isStateful: true) { node in
      guard let dtype = node.attributes.type("dtype")?.dtype else { throw node.error("has no type that we know") }
      let grows = node.attributes.bool("dynamic_size") ?? false
      return { call in
        try call.expect(1)
        let count = try call.integer(0)
        guard count >= 0, count <= ControlFlow.iterationLimit else {
          throw call.error("a list of \(count) tensors is not supported")
        }
        let flow = try call.constant(0, .float32)
        call.outputs = [Tensor(handle: TensorArray(dtype, count: count, grows: grows)), flow]
      }
    },
    // handle, index, flow
    Operator("TensorArrayReadV3", isStateful: true) { _ in
      { call in
        try call.expect(3)
        let index = try call.integer(1)
        guard let value = try call.tensorArray(0)[index] else {
          throw call.error("reads element \(index), which was never written")
        }
        call.outputs = [value]
      }
    },
    // handle, index, value, flow
    Operator("TensorArrayWriteV3", isStateful: true) { _ in
      { call in
        try call.expect(4)
        let index = try call.integer(1)
        let array = try call.tensorArray(0)
        guard call.inputs[2].dtype == array.dtype, array.set(index, call.inputs[2]) else {
          throw call.error("cannot write \(call.inputs[2]) as element \(index) of \(array.count)")
        }
        call.outputs = [call.inputs[3]]
      }
    },
    // handle, indices, value, flow: rows of the value become elements, not copied.
    Operator("TensorArrayScatterV3", isStateful: true) { _ in
      { call in
        try call.expect(4)
        let (array, indices, value) = (try call.tensorArray(0), try call.integers(1), call.inputs[2])
        guard value.dtype == array.dtype, value.shape.dimensions.first == indices.count,
          value.dtype.byteCount != nil
        else { throw call.unsupported() }
        let part = try call.shape(Array(value.shape.dimensions.dropFirst()))
        for (row, index) in indices.enumerated() {
          guard array.set(index, value.rows(row..<row + 1).reshaped(part)) else {
            throw call.error("cannot write element \(index) of \(array.count)")
          }
        }
        call.outputs = [call.inputs[3]]
      }
    },
    // handle, indices, flow; element_shape tells what none are like.
    Operator("TensorArrayGatherV3", isStateful: true) { node in
      let elementShape = node.attributes.shape("element_shape") ?? .unknown
      return { call in
        try call.expect(3)
        let array = try call.tensorArray(0)
        let elements = try call.integers(1).map { index in
          guard let element = array[index] else {
            throw call.error("reads element \(index), which was never written")
          }
          return element
        }
        guard let first = elements.first else {
          guard let shape = elementShape.shape else { throw call.error("gathers no elements of unknown shape") }
          call.outputs = [try call.allocate(array.dtype, try call.shape([0] + shape.dimensions))]
          return
        }
        guard elements.allSatisfy({ $0.shape == first.shape }) else {
          throw call.error("the elements differ in shape")
        }
        let part = try call.shape([1] + first.shape.dimensions)
        call.outputs = [try call.joined(elements.map { $0.reshaped(part) }, axis: 0)]
      }
    },
    // handle, flow
    Operator("TensorArraySizeV3", isStateful: true) { _ in
      { call in
        try call.expect(2)
        call.outputs = [try call.integers([try call.tensorArray(0).count], isLong: false).reshaped(.scalar)]
      }
    },
    Operator("TensorArrayCloseV3", isStateful: true) { _ in { _ in } },
  ]
}

extension Call {
  fileprivate func tensorArray(_ input: Int) throws -> TensorArray {
    guard let array = inputs[input].storage.object as? TensorArray else {
      throw error("its input \(input) is \(inputs[input]), where a list of tensors is expected")
    }
    return array
  }
}
