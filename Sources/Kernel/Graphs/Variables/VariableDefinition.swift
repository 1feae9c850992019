import Bytes
import CKernel
import CProtobufC

/// What a collection says of a variable: `VariableDef`.
public struct VariableDefinition: Equatable, Sendable {
  /// The part of a partitioned variable that this one is.
  public struct Slice: Equatable, Sendable {
    /// The name of the whole, which is its key in a checkpoint.
    public var fullName: String
    public var fullShape: [Int]
    public var offset: [Int]
    public var shape: [Int]
    package var other = OtherFields()

    /// As a saver writes it: `10 3 0,5:0,3`.
    public var specification: String {
      let extents = zip(offset, shape).map { "\($0),\($1)" }.joined(separator: ":")
      return (fullShape.map(String.init) + [extents]).joined(separator: " ")
    }
  }

  /// `v:0`
  public var variable: String
  /// `v/Assign`; empty when there is none.
  public var initializer: String
  /// The tensor to read: `v/read:0`
  public var snapshot: String
  /// The tensor that the initializer assigns; empty when unknown.
  public var initialValue: String
  public var slice: Slice?
  public var isResource = false
  public var isTrainable = false
  public var synchronization = 0
  public var aggregation = 0
  package var other = OtherFields()

  public init(variable: String, initializer: String, snapshot: String, initialValue: String = "") {
    self.variable = variable
    self.initializer = initializer
    self.snapshot = snapshot
    self.initialValue = initialValue
  }

  /// The name of the variable's node.
  public var node: String { Endpoint(parsing: variable)?.node ?? variable }

  /// The collections that hold definitions of variables, in all versions of TensorFlow 1.
  package static let collections: Set<String> = [
    "variables", "trainable_variables", "model_variables", "moving_average_variables", "local_variables",
    "metric_variables", "global_step", "trainable_resource_variables",
  ]

  /// - Throws: ``KernelError`` `.badData` when `bytes` are no `VariableDef`.
  package init(decoding bytes: [UInt8]) throws {
    do {
      self = try bytes.withUnsafeBytes { bytes in
        try withUnpacked(bytes, ck__variable_def__init) { try VariableDefinition($0.pointee) }
      }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, "", "not the definition of a variable: \(fault.problem)")
    }
  }

  private init(_ message: Ck__VariableDef) throws {
    func text(_ data: ProtobufCBinaryData) throws -> String { try GraphDecoder.text(data, "a variable's name") }
    variable = try text(message.variable_name)
    initializer = try text(message.initializer_name)
    snapshot = try text(message.snapshot_name)
    initialValue = try text(message.initial_value_name)
    if let slice = message.save_slice_info_def?.pointee {
      self.slice = Slice(
        fullName: try text(slice.full_name),
        fullShape: values(slice.full_shape, slice.n_full_shape).map { Int($0) },
        offset: values(slice.var_offset, slice.n_var_offset).map { Int($0) },
        shape: values(slice.var_shape, slice.n_var_shape).map { Int($0) }, other: OtherFields(slice.base))
    }
    isResource = message.is_resource != 0
    isTrainable = message.trainable != 0
    synchronization = Int(message.synchronization)
    aggregation = Int(message.aggregation)
    other = OtherFields(message.base)
  }

  /// The encoded `VariableDef`.
  package var encoded: [UInt8] {
    let arena = PackArena()
    let message = arena.message(ck__variable_def__init)
    message.pointee.variable_name = arena.data(variable)
    message.pointee.initializer_name = arena.data(initializer)
    message.pointee.snapshot_name = arena.data(snapshot)
    message.pointee.initial_value_name = arena.data(initialValue)
    if let slice {
      let encoded = arena.message(ck__save_slice_info_def__init)
      encoded.pointee.full_name = arena.data(slice.fullName)
      encoded.pointee.n_full_shape = slice.fullShape.count
      encoded.pointee.full_shape = arena.array(slice.fullShape.map { Int64($0) })
      encoded.pointee.n_var_offset = slice.offset.count
      encoded.pointee.var_offset = arena.array(slice.offset.map { Int64($0) })
      encoded.pointee.n_var_shape = slice.shape.count
      encoded.pointee.var_shape = arena.array(slice.shape.map { Int64($0) })
      arena.add(slice.other, to: &encoded.pointee.base)
      message.pointee.save_slice_info_def = encoded
    }
    message.pointee.is_resource = isResource ? 1 : 0
    message.pointee.trainable = isTrainable ? 1 : 0
    message.pointee.synchronization = Int32(truncatingIfNeeded: synchronization)
    message.pointee.aggregation = Int32(truncatingIfNeeded: aggregation)
    arena.add(other, to: &message.pointee.base)
    return withExtendedLifetime(arena) { packed(message) }
  }
}

extension MetaGraph {
  /// The definitions in a collection of variables; none when it does not exist.
  ///
  /// - Throws: ``KernelError`` `.badData` when its values are something else.
  public func variableDefinitions(in collection: String = "variables") throws -> [VariableDefinition] {
    guard case .bytes(let items) = collections[collection] else { return [] }
    return try items.map { item in
      do { return try VariableDefinition(decoding: item) } catch var error as KernelError {
        error.problem = "collection \(collection.printable): " + error.problem
        throw error
      }
    }
  }

  /// Replaces each definition in each collection of variables by `edit`'s answers; a collection that becomes empty
  /// goes.
  package mutating func editVariableDefinitions(
    _ edit: (VariableDefinition, _ collection: String) throws -> [VariableDefinition]
  ) throws {
    for name in collections.names where VariableDefinition.collections.contains(name) {
      guard case .bytes(let items) = collections[name], !items.isEmpty else { continue }
      let edited = try variableDefinitions(in: name).flatMap { try edit($0, name) }
      collections[name] = edited.isEmpty ? nil : .bytes(edited.map(\.encoded))
    }
  }
}
