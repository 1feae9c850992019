import Bytes
import Graphs
import Synchronization
import Tensors

/// A list of tensors that a loop reads or fills.
final class TensorArray: Sendable {
  private struct State: Sendable {
    var elements: [Tensor?]
    /// What is known of each element's shape.
    var elementShape: PartialShape
  }

  private let state: Mutex<State>
  let dtype: DType
  private let grows: Bool
  /// Whether the first element tells the shape of all.
  private let areAlike: Bool

  init(_ dtype: DType, count: Int, grows: Bool, elementShape: PartialShape, areAlike: Bool) {
    self.dtype = dtype
    self.grows = grows
    self.areAlike = areAlike
    state = Mutex(State(elements: Array(repeating: nil, count: count), elementShape: elementShape))
  }

  var count: Int { state.withLock(\.elements.count) }

  /// The shape of an element that was never written, which counts as zeros; `nil` when it is not known.
  var shapeOfZeros: Shape? { state.withLock(\.elementShape.shape) }

  subscript(index: Int) -> Tensor? {
    state.withLock { $0.elements.indices.contains(index) ? $0.elements[index] : nil }
  }

  /// Whether there was room at `index`, and the value has a shape that elements may have.
  func set(_ index: Int, _ value: Tensor) -> Bool {
    state.withLock { state in
      if grows, index >= state.elements.count, index < ControlFlow.iterationLimit {
        state.elements += Array(repeating: nil, count: index + 1 - state.elements.count)
      }
      let shape = PartialShape(value.shape)
      guard state.elements.indices.contains(index), state.elementShape.isCompatible(with: shape) else {
        return false
      }
      if areAlike { state.elementShape = shape }
      state.elements[index] = value
      return true
    }
  }
}

extension Operator {
  /// Lists of tensors. The float that goes along only says what comes after what.
  static let tensorArrays: [Operator] = [
    // size; dtype, dynamic_size, element_shape, identical_element_shapes
    Operator("TensorArrayV3", isStateful: true) { node in
      guard let dtype = node.attributes.type("dtype")?.dtype else { throw node.error("has no type that we know") }
      let grows = node.attributes.bool("dynamic_size") ?? false
      let elementShape = node.attributes.shape("element_shape") ?? .unknown
      let areAlike = node.attributes.bool("identical_element_shapes") ?? false
      return { call in
        try call.expect(1)
        let count = try call.integer(0)
        guard count >= 0, count <= ControlFlow.iterationLimit else {
          throw call.error("a list of \(count) tensors is not supported")
        }
        let flow = try call.constant(0, .float32)
        let array = TensorArray(
          dtype, count: count, grows: grows, elementShape: elementShape, areAlike: areAlike)
        call.outputs = [Tensor(handle: array), flow]
      }
    },
    // handle, index, flow
    Operator("TensorArrayReadV3", isStateful: true) { _ in
      { call in
        try call.expect(3)
        let value = try call.element(try call.integer(1), of: try call.tensorArray(0))
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
        let elements = try call.integers(1).map { try call.element($0, of: array) }
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
  /// An element of a list; zeros where none was written but its shape is known, as TensorFlow has it.
  fileprivate func element(_ index: Int, of array: TensorArray) throws -> Tensor {
    if let value = array[index] { return value }
    guard index >= 0, index < array.count, let shape = array.shapeOfZeros else {
      throw error("reads element \(index) of \(array.count), which was never written")
    }
    return try filled(shape, with: try constant(0, array.dtype))
  }

  fileprivate func tensorArray(_ input: Int) throws -> TensorArray {
    guard let array = inputs[input].storage.object as? TensorArray else {
      throw error("its input \(input) is \(inputs[input]), where a list of tensors is expected")
    }
    return array
  }
}
