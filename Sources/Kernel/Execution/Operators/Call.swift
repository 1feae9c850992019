import Bytes
import Graphs
import Tensors

/// One run of one node: what it gets, and where it puts what it makes.
package struct Call {
  let node: Node
  /// The data inputs. One that nobody else needs is not referred to from anywhere else, so it may be overwritten.
  package var inputs: [Tensor]
  /// The outputs, in order.
  package var outputs: [Tensor] = []
  let context: RunContext

  init(_ node: Node, _ inputs: [Tensor], _ context: RunContext) {
    self.node = node
    self.inputs = inputs
    self.context = context
  }

  var threads: ThreadTeam { context.threads }

  /// Checks how many inputs there are.
  func expect(_ count: Int) throws {
    guard inputs.count == count else {
      throw error("has \(inputs.count) inputs where \(node.op) has \(count)")
    }
  }

  func expect(atLeast count: Int) throws {
    guard inputs.count >= count else {
      throw error("has \(inputs.count) inputs where \(node.op) has at least \(count)")
    }
  }

  /// A complaint about the node that is run.
  func error(_ problem: String, hint: String? = nil) -> KernelError { node.error(problem, hint: hint) }

  /// A complaint about the types of its inputs.
  func unsupported() -> KernelError {
    let types = inputs.map(\.description).joined(separator: ", ")
    return error("\(node.op) of \(types) is not supported")
  }

  /// A new tensor with whatever is in its memory.
  ///
  /// One that is no output must be kept alive (`withExtendedLifetime`) while pointers into it are used: its memory
  /// serves the next allocation as soon as nobody refers to it.
  func allocate(_ dtype: DType, _ shape: Shape) throws -> Tensor {
    guard let byteCount = shape.byteCount(of: dtype) else {
      throw error("its result \(dtype.name) \(shape) is too large to count")
    }
    return Tensor(dtype, shape, try Storage(byteCount, from: context.pool))
  }

  /// A new tensor of strings that are there already.
  ///
  /// - Parameter make: as many as the shape has elements; not called when there are more than a tensor may have.
  func strings(_ shape: Shape, _ make: () -> [[UInt8]]) throws -> Tensor {
    guard shape.elementCount <= 1 << 24 else { throw error("\(shape) strings are too many") }
    return Tensor(.string, shape, try Storage(strings: shape.elementCount, from: context.pool, make))
  }

  /// A new tensor, or the input's own memory when nobody else needs that input and it has the right size.
  mutating func reuse(_ input: Int, as dtype: DType, _ shape: Shape) throws -> Tensor {
    let byteCount = shape.byteCount(of: dtype)
    guard byteCount == inputs[input].byteCount, inputs[input].storage.isWritable,
      isKnownUniquelyReferenced(&inputs[input].storage)
    else { return try allocate(dtype, shape) }
    return Tensor(dtype, shape, inputs[input].storage, offset: inputs[input].offset)
  }

  /// The shape with these dimensions.
  func shape(_ dimensions: [Int]) throws -> Shape {
    guard let shape = Shape(dimensions) else { throw error("its result's shape \(dimensions) is no shape") }
    return shape
  }

  /// The integers in an input that says something about shapes.
  func integers(_ input: Int) throws -> [Int] {
    let tensor = inputs[input]
    switch tensor.dtype {
    case .int32: return tensor.elements(Int32.self).map(Int.init)
    case .int64: return tensor.elements(Int64.self).map(Int.init)
    default: throw error("its input \(input) is \(tensor), where integers are expected")
    }
  }

  /// The one integer in an input.
  func integer(_ input: Int) throws -> Int {
    let values = try integers(input)
    guard values.count == 1, let value = values.first else {
      throw error("its input \(input) is \(inputs[input]), where one integer is expected")
    }
    return value
  }

  /// The axis that an integer means: negative ones count from the end.
  ///
  /// - Parameter rank: how many there are.
  func axis(_ value: Int, rank: Int) throws -> Int {
    guard value >= -rank, value < rank else { throw error("it has no axis \(value) among \(rank)") }
    return value < 0 ? value + rank : value
  }
}

/// What all calls of a run share.
package final class RunContext {
  let pool: BufferPool
  let threads: ThreadTeam
  let variables: VariableStore
  let random: RandomState
  /// What the operators' times are added to; `nil` when nobody asks.
  var profile: Profile?

  init(pool: BufferPool, threads: ThreadTeam, variables: VariableStore, random: RandomState) {
    self.pool = pool
    self.threads = threads
    self.variables = variables
    self.random = random
  }
}
