import Bytes
import Tensors

/// How a variable starts.
public enum Initializer: Sendable, Equatable {
  case constant(Float)
  case int32(Int32)
  case normal(mean: Float, deviation: Float)
  case truncatedNormal(mean: Float, deviation: Float)
  case uniform(Range<Float>)
  /// Uniform within ±√(6 / (rows + columns)) of a matrix (Glorot and Bengio 2010).
  case glorotUniform
  case zerosLike(BuiltVariable)
  /// Another variable's first value.
  case firstValue(of: BuiltVariable)
}

/// A variable of a graph that is being built.
public struct BuiltVariable: Hashable, Sendable {
  /// The name of its node and its key in a checkpoint.
  public let name: String
  /// Its value: what the other nodes take.
  public let value: GraphTensor
  /// The variable itself, which optimizers take.
  public let reference: GraphTensor
  /// Its first value.
  let initial: GraphTensor
  /// The node that gives it its first value.
  public let initializer: String
  public let isTrained: Bool
  /// Whether it belongs to the model, as statistics of batches do that are not trained.
  public let isModelVariable: Bool
}

extension GraphBuilder {
  /// A variable by reference with all that TensorFlow gives one: an initial value, `/Assign`, `/read`, and definitions
  /// in the collections.
  ///
  /// - Parameters:
  ///   - name: under the open scope; never changed, since checkpoints depend on it.
  ///   - collections: besides `variables`, and `trainable_variables` if it is trained.
  ///   - stored: the type of a variable that is kept in fewer bits than the float32 it starts from.
  /// - Throws: ``KernelError`` `.badData` when a node has the name already.
  @discardableResult package func variable(
    _ name: String, _ dimensions: [Int], _ initializer: Initializer, isTrained: Bool = true,
    collections: [String] = [], as stored: DType = .float32
  ) throws -> BuiltVariable {
    let full = prefix + name
    guard !meta.graph.contains(full), Shape(dimensions) != nil else {
      throw KernelError(
        .badData, "", at: .node(full), "a variable \(PartialShape(dimensions)) of this name cannot be made",
        hint: "a node of this name may exist already")
    }
    let dtype: DType = if case .int32 = initializer { .int32 } else { stored }
    let type = AttributeValue.type(TypeCode(dtype))
    let colocation = AttributeValue.texts(["loc:@" + full])
    let reference = try node(
      "VariableV2", name: name,
      [
        "shape": .shape(PartialShape(dimensions)), "dtype": type, "container": .bytes([]),
        "shared_name": .bytes([]),
      ],
      outputs: [(dtype, dimensions)])[0]
    return try reopen(full) {
      let initial = try scope("Initializer") { try cast(value(initializer, dimensions), to: dtype) }
      let assign = try node(
        "Assign", [reference, initial],
        ["T": type, "_class": colocation, "use_locking": .bool(true), "validate_shape": .bool(true)],
        outputs: [(dtype, dimensions)])[0]
      let read = try node(
        "Identity", [reference], name: "read", ["T": type, "_class": colocation], outputs: [(dtype, dimensions)])[0]
      var definition = VariableDefinition(
        variable: full + ":0", initializer: assign.endpoint.node, snapshot: read.endpoint.tensorName,
        initialValue: initial.endpoint.tensorName)
      definition.isTrainable = isTrained
      for collection in ["variables"] + (isTrained ? ["trainable_variables"] : []) + collections {
        meta.collections.append(definition.encoded, to: collection)
      }
      let built = BuiltVariable(
        name: full, value: read, reference: reference, initial: initial, initializer: assign.endpoint.node,
        isTrained: isTrained,
        isModelVariable: collections.contains("model_variables"))
      variables.append(built)
      return built
    }
  }

  private func value(_ initializer: Initializer, _ dimensions: [Int]) throws -> GraphTensor {
    func spread(_ op: String, _ factor: Float, _ summand: Float) throws -> GraphTensor {
      let drawn = try random(op, constant(dimensions, name: "shape"), knownAs: dimensions)
      let scaled = try factor == 1 ? drawn : multiply(drawn, factor)
      return try summand == 0 ? scaled : add(scaled, summand)
    }
    switch initializer {
    case .constant(let value):
      return try fill(constant(dimensions, name: "shape"), constant(value), knownAs: dimensions)
    case .int32(let value):
      return try fill(constant(dimensions, name: "shape"), constant(Int(value)), knownAs: dimensions)
    case .normal(let mean, let deviation): return try spread("RandomStandardNormal", deviation, mean)
    case .truncatedNormal(let mean, let deviation): return try spread("TruncatedNormal", deviation, mean)
    case .uniform(let range):
      return try spread("RandomUniform", range.upperBound - range.lowerBound, range.lowerBound)
    case .glorotUniform:
      guard dimensions.count == 2 else { throw misfit("RandomUniform", []) }
      let limit = (6 / Float(dimensions[0] + dimensions[1])).squareRoot()
      return try spread("RandomUniform", 2 * limit, -limit)
    case .zerosLike(let other):
      return try fill(
        constant(other.value.dimensions, name: "shape"), constant(Float(0)), knownAs: other.value.dimensions)
    case .firstValue(let other): return other.initial
    }
  }
}

extension NamedValues<Collection> {
  /// Appends an encoded message to a collection of such.
  package mutating func append(_ message: [UInt8], to name: String) {
    var messages: [[UInt8]] = []
    if case .bytes(let items) = self[name] { messages = items }
    self[name] = .bytes(messages + [message])
  }

  /// Appends the name of a tensor or operation to a collection of such.
  package mutating func append(_ entry: String, to name: String) {
    var names: [String] = []
    if case .names(let items) = self[name] { names = items }
    self[name] = .names(names + [entry])
  }
}

extension GraphBuilder {
  /// Changes a variable by `Assign`, `AssignAdd` or `AssignSub`.
  ///
  /// - Returns: the node that does it.
  package func update(_ op: String, _ variable: BuiltVariable, _ value: GraphTensor) throws -> String {
    try simple(
      op, [variable.reference, value],
      ["_class": .texts(["loc:@" + variable.name]), "use_locking": .bool(op == "Assign")],
      to: variable.value.dimensions
    ).endpoint.node
  }
}
