import Bytes
import Checkpoints
import Graphs
import Tensors

/// The values of a session's variables, by the names of their nodes.
///
/// Those of a checkpoint are mapped, not read, until somebody needs them; then their checksum is checked once.
///
/// Memory: what was assigned; a checkpoint's tensors only where they lie unaligned in the file.
package final class VariableStore {
  private var values: [String: Tensor] = [:]
  private var saved: [String: SavedVariable] = [:]
  private let checkpoint: (any TensorSource)?
  private let workers: Workers
  /// Changes whenever a value does.
  private(set) var generation = 0

  private struct SavedVariable {
    var tensor: TensorName
    var key: String
    var slice: String
  }

  /// Variables without values.
  package init() {
    checkpoint = nil
    workers = Workers(1)
  }

  /// The values that `checkpoint` has for the variables of the graph.
  ///
  /// - Throws: ``KernelError`` `.badData` when the graph's saver is not understood.
  package init(_ meta: MetaGraph, _ checkpoint: any TensorSource, _ workers: Workers = Workers()) throws {
    self.checkpoint = checkpoint
    self.workers = workers
    for variable in try meta.variables() {
      saved[variable.node] = SavedVariable(
        tensor: TensorName(variable.key), key: variable.key, slice: variable.slice)
    }
  }

  /// The value of the variable that `node` is.
  ///
  /// - Throws: ``KernelError`` when it has none, or it is damaged or of another type or shape than the node says.
  func value(of node: Node) throws -> Tensor {
    if let value = values[node.name] { return value }
    let value = try load(node)
    values[node.name] = value
    return value
  }

  package func set(_ name: String, _ value: Tensor) {
    values[name] = value
    generation += 1
  }

  /// Whether `value(of:)` has something to answer with, unless that is damaged.
  func hasValue(_ node: Node) -> Bool {
    if values[node.name] != nil { return true }
    let name = saved[node.name]?.tensor ?? TensorName(node.name)
    return checkpoint?.index(of: name) != nil
  }

  /// Lets `body` change the values of some variables in their own memory, or in copies where somebody else still
  /// needs the old values or they lie in a file.
  ///
  /// - Throws: ``KernelError`` `.badData` when one has no value, or two are the same; what `body` throws, which
  /// must not have changed anything then.
  func update(_ nodes: [Node], _ context: RunContext, _ body: ([Tensor]) throws -> Void) throws {
    guard Set(nodes.map(\.name)).count == nodes.count else {
      throw nodes[0].error("one variable is given as two of those that are updated together")
    }
    var owned: [Tensor] = []
    defer {
      for (node, tensor) in zip(nodes, owned) { values[node.name] = tensor }
      generation += 1
    }
    for node in nodes {
      let value = try value(of: node)
      values[node.name] = nil
      owned.append(value)
    }
    for index in owned.indices { try owned[index].becomeOwn(context) }
    try body(owned)
  }

  private func load(_ node: Node) throws -> Tensor {
    guard let checkpoint else {
      throw node.error("the variable has no value", hint: "no checkpoint was given and nothing was assigned to it")
    }
    let entry = saved[node.name] ?? SavedVariable(tensor: TensorName(node.name), key: node.name, slice: "")
    guard let index = checkpoint.index(of: entry.tensor) else {
      throw KernelError(
        .badData, checkpoint.path, at: .tensor(entry.key), "does not exist, but the graph reads it",
        hint: "graph and checkpoint may belong to different models, or its original was dropped by quantization")
    }
    let info = checkpoint.tensors[index]
    let bytes = try checked(index, of: checkpoint)
    guard info.dtype.byteCount != nil else {
      throw KernelError(
        .badData, checkpoint.path, at: .tensor(entry.key),
        "is of type \(info.dtype.name), which cannot be computed with")
    }
    var value = try Tensor(info.dtype, info.shape, bytes: bytes)
    if !entry.slice.isEmpty { value = try value.part(entry.slice, of: node) }
    try check(value, node)
    return value
  }

  /// The bytes of a tensor, after comparing them with their checksum on all cores.
  private func checked(_ index: Int, of checkpoint: any TensorSource) throws -> ByteView {
    let contents = try checkpoint.contents(of: index)
    contents.bytes.populatePages(0..<contents.bytes.count)
    if contents.uncheckedCRC != nil {
      let pieces = ElementPieces(elementCount: contents.bytes.count, elementSize: 1)
      let bytes = contents.bytes
      let parts = try workers.map(pieces.count) { piece in
        bytes.withUnsafeBytes { CRC32C.of(UnsafeRawBufferPointer(rebasing: $0[pieces.bytes(piece)])) }
      }
      try checkpoint.check(contents, of: index, found: pieces.checksum(parts))
    }
    return contents.bytes
  }

  private func check(_ value: Tensor, _ node: Node) throws {
    let type = node.attributes.type("dtype")?.dtype
    let shape = node.attributes.shape("shape") ?? .unknown
    guard type == nil || type == value.dtype, shape.isCompatible(with: PartialShape(value.shape)) else {
      throw node.error(
        "the checkpoint has \(value) for it where the graph has \(type?.name ?? "a tensor") \(shape)",
        hint: "graph and checkpoint belong to different models")
    }
  }
}

extension Tensor {
  /// Copies the elements unless nobody else has them.
  fileprivate mutating func becomeOwn(_ context: RunContext) throws {
    guard dtype.byteCount != nil else {
      throw KernelError(.badData, "", "a variable of type \(dtype.name) cannot be updated")
    }
    if storage.isWritable, isKnownUniquelyReferenced(&storage) { return }
    let copy = Tensor(dtype, shape, try Storage(byteCount, from: context.pool))
    // Else the optimizer may let go of the storage, and of the file that it is in, before the bytes are copied.
    withExtendedLifetime(storage) {
      let (from, to) = (bytes, copy.mutableBytes)
      context.threads.split(from.count, grain: 1 << 20) { part in
        UnsafeMutableRawBufferPointer(rebasing: to[part]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: from[part]))
      }
    }
    self = copy
  }

  /// The part that a saver's specification (`10 3 0,5:0,3`: the whole's shape, then start and length of each axis)
  /// names.
  fileprivate func part(_ specification: String, of node: Node) throws -> Tensor {
    let words = specification.split(separator: " ")
    let ranges = (words.last ?? "").split(separator: ":").enumerated().map { axis, text -> Range<Int>? in
      guard shape.dimensions.indices.contains(axis) else { return nil }
      if text == "-" { return 0..<shape.dimensions[axis] }
      let numbers = text.split(separator: ",").map { Int($0) }
      guard numbers.count == 2, let start = numbers[0], let length = numbers[1], start >= 0, length >= 0,
        start <= shape.dimensions[axis], length <= shape.dimensions[axis] - start
      else { return nil }
      return start..<(start + length)
    }
    let known = ranges.compactMap { $0 }
    guard known.count == shape.rank, ranges.count == known.count,
      let partShape = Shape(known.map(\.count)), let unit = dtype.byteCount
    else {
      throw node.error("its part \(specification.printable) is not one of \(self)")
    }
    let view = try ByteView(byteCount: partShape.elementCount * unit) { target in
      // Rows of the innermost axis, one after the other.
      let inner = known.last ?? 0..<1
      guard !inner.isEmpty, partShape.elementCount > 0 else { return }
      let strides = shape.strides
      for row in 0..<(partShape.elementCount / inner.count) {
        var rest = row
        var source = inner.lowerBound
        for axis in stride(from: known.count - 2, through: 0, by: -1) {
          source += (known[axis].lowerBound + rest % known[axis].count) * strides[axis]
          rest /= known[axis].count
        }
        let bytes = UnsafeRawBufferPointer(rebasing: self.bytes[source * unit..<(source + inner.count) * unit])
        UnsafeMutableRawBufferPointer(rebasing: target[(row * inner.count * unit)...]).copyMemory(from: bytes)
      }
    }
    return try Tensor(dtype, partShape, bytes: view)
  }
}
