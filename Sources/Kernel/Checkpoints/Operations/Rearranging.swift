import Bytes
import Tensors

/// Operations that move whole tensors: choose, join, distribute.
extension OutputPlan {
  /// The tensors of `source` for which `isKept` holds, in the same layout. A TF2 object graph among them forgets the
  /// others.
  ///
  /// - Throws: ``KernelError`` `.usage` when none is left.
  public init(of source: any TensorSource, keeping isKept: (TensorInfo) -> Bool) throws {
    let kept = source.tensors.indices.filter { isKept(source.tensors[$0]) }
    guard !kept.isEmpty else { throw KernelError(.usage, source.path, "no tensors would be left") }
    let names = Set(source.tensors.map(\.name))
    let keptNames = Set(kept.map { source.tensors[$0].name })
    let planned = try kept.map { index -> PlannedTensor in
      var tensor = PlannedTensor(copying: TensorRef(source, index))
      guard tensor.info.name == ObjectGraph.key, kept.count < names.count else { return tensor }
      let graph = try ObjectGraph.edited(try source.checkedContents(of: index).bytes, path: source.path) { name in
        keptNames.contains(name) || !names.contains(name) ? name : nil
      }
      tensor.content = .bytes(graph)
      tensor.info.byteCount = graph.count
      return tensor
    }
    try self.init(planned, shardCount: OutputPlan.shardCount(of: source))
  }

  /// All tensors of several containers, one after another in one data file.
  ///
  /// - Parameter scopes: a scope for each source, put before its names with a `/`; `nil` keeps the names.
  /// - Throws: ``KernelError`` `.usage` when a name occurs twice.
  public init(merging sources: [any TensorSource], scopes: [String]? = nil) throws {
    if let scopes, scopes.count != sources.count {
      throw KernelError(
        .usage, "", "\(sources.count) checkpoints need as many scopes, not \(scopes.count)",
        hint: "separate them by commas; a scope may be empty")
    }
    var origin: [TensorName: String] = [:]
    var planned: [PlannedTensor] = []
    for (order, source) in sources.enumerated() {
      for index in source.tensors.indices {
        var tensor = PlannedTensor(copying: TensorRef(source, index, sourceOrder: order))
        if let scope = scopes?[order], !scope.isEmpty {
          tensor.info.name = TensorName(utf8: Array((scope + "/").utf8) + tensor.info.name.utf8)
        }
        if let other = origin.updateValue(source.path, forKey: tensor.info.name) {
          guard tensor.info.name != ObjectGraph.key else {
            throw KernelError(
              .usage, "", "\(other) and \(source.path) both have an object graph, and two cannot be joined",
              hint: "leave one out first: ckpt-tool drop \(source.path) \(ObjectGraph.key) -o …")
          }
          throw KernelError(
            .usage, "", at: .tensor(tensor.info.name.description), "is in both \(other) and \(source.path)",
            hint: "give each checkpoint a scope with --scopes, or rename or drop one of the two first")
        }
        planned.append(tensor)
      }
    }
    try self.init(planned)
  }

  /// The same tensors distributed over `shardCount` data files of about equal size, in the order they lie in now.
  public mutating func reshard(_ shardCount: Int) {
    let order = tensors.indices.sorted { a, b in
      tensors[a].placement == tensors[b].placement
        ? tensors[a].info.name < tensors[b].info.name : tensors[a].placement.precedes(tensors[b].placement)
    }
    let total = byteCount
    var done = 0.0
    var resharded = tensors
    for (rank, index) in order.enumerated() {
      // The shard in which the tensor's middle falls; the division cannot overflow as a product of byte counts could.
      let middle = done + Double(tensors[index].info.byteCount) / 2
      let shard = total == 0 ? 0 : min(shardCount - 1, Int(middle / Double(total) * Double(shardCount)))
      resharded[index].placement = Placement(shard: shard, source: 0, offset: rank)
      done += Double(tensors[index].info.byteCount)
    }
    self = OutputPlan(unchecked: resharded, shardCount: shardCount)
  }

  /// `source` with some tensors replaced or added.
  public init(of source: any TensorSource, setting replacements: [PlannedTensor]) throws {
    var byName: [TensorName: PlannedTensor] = [:]
    for replacement in replacements {
      guard byName.updateValue(replacement, forKey: replacement.info.name) == nil else {
        throw KernelError(.usage, "", at: .tensor(replacement.info.name.description), "is set twice")
      }
    }
    var planned = source.tensors.indices.map { index -> PlannedTensor in
      let old = PlannedTensor(copying: TensorRef(source, index))
      guard var new = byName.removeValue(forKey: old.info.name) else { return old }
      new.placement = old.placement
      return new
    }
    planned += byName.values.sorted { $0.info.name < $1.info.name }
    try self.init(planned, shardCount: OutputPlan.shardCount(of: source))
  }
}

/// Where the tensors of a split checkpoint go: the first glob that matches decides.
public struct Splitting: Sendable {
  /// The tensors whose names match `glob` go to `prefix`.
  public struct Part: Sendable {
    public let glob: Glob
    public let prefix: String
  }

  public let parts: [Part]

  /// - Parameter arguments: `GLOB=PREFIX` each; the last `=` separates.
  public init(_ arguments: [String]) throws {
    parts = try arguments.map { argument in
      guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex,
        argument.index(after: separator) < argument.endIndex
      else {
        throw KernelError(
          .usage, "", "\(argument.printable) is not of the form GLOB=PREFIX",
          hint: "for example 'model_0/*=single/model'")
      }
      return Part(
        glob: Glob(String(argument[..<separator])), prefix: String(argument[argument.index(after: separator)...]))
    }
  }

  /// A plan for each prefix, in order; several globs may lead to the same.
  ///
  /// - Throws: ``KernelError`` `.usage` when a tensor belongs to no part or a part gets none.
  public func plans(_ source: any TensorSource) throws -> [(prefix: String, plan: OutputPlan)] {
    var chosen: [[Int]] = parts.map { _ in [] }
    for (index, info) in source.tensors.enumerated() {
      guard let part = parts.firstIndex(where: { $0.glob.matches(info.name.utf8) }) else {
        throw KernelError(
          .usage, source.path, at: .tensor(info.name.description), "belongs to no part",
          hint: "end with '*=PREFIX' to collect the rest")
      }
      chosen[part].append(index)
    }
    var prefixes: [String] = []
    var indices: [String: [Int]] = [:]
    for (part, chosen) in zip(parts, chosen) {
      guard !chosen.isEmpty else {
        throw KernelError(.usage, source.path, "no tensor is left for \(part.glob.pattern)=\(part.prefix)")
      }
      if indices[part.prefix] == nil { prefixes.append(part.prefix) }
      indices[part.prefix, default: []] += chosen
    }
    return try prefixes.map { prefix in
      let plan = try OutputPlan((indices[prefix] ?? []).map { PlannedTensor(copying: TensorRef(source, $0)) })
      return (prefix, plan)
    }
  }
}
