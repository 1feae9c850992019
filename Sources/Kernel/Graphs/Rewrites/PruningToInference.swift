import Bytes

extension MetaGraph {
  /// The collections that prediction and evaluation need.
  public static let inferenceCollections = [
    "input_batch_raw", "input_batch", "num_frames", "predictions", "labels", "video_id_batch",
  ]

  /// Keeps what the tensors of some collections need, and to each variable among that (and the global step) what
  /// initializes and reads it; the rest goes, savers too, and a fresh saver restores what is left
  /// (specs: formats §9.0).
  ///
  /// Collections that are not kept go, unless they define variables; so do signatures that mention what went, and the
  /// list of operators' signatures.
  ///
  /// - Throws: ``KernelError`` `.badData` when the collections name nothing, or the graph is not whole.
  public mutating func pruneToInference(keeping kept: [String] = MetaGraph.inferenceCollections) throws {
    try wholly { try $0.prune(keeping: kept) }
  }

  private mutating func prune(keeping kept: [String]) throws {
    let roots = kept.flatMap { names(in: $0) }.compactMap { Endpoint(parsing: $0)?.node }
    guard !roots.isEmpty else {
      throw KernelError(
        .badData, "", "none of the collections \(kept.joined(separator: ", ")) names a tensor",
        hint: "the graph has the collections \(collections.names.sorted().joined(separator: ", ").printable)")
    }
    let saved = try savedVariables()
    var alive = try graph.ancestors(of: roots)
    let stepNames = Set(try variableDefinitions(in: "global_step").map(\.node) + ["global_step"])
    let definitions = try variableDefinitions() + variableDefinitions(in: "global_step")
    for definition in definitions where alive.contains(definition.node) || stepNames.contains(definition.node) {
      let names = [definition.variable, definition.initializer, definition.snapshot, definition.initialValue]
      alive.formUnion(try graph.ancestors(of: names.compactMap { Endpoint(parsing: $0)?.node }))
    }
    try graph.keep(alive)
    collections.edit { name, collection in
      kept.contains(name) || VariableDefinition.collections.contains(name) ? collection : nil
    }
    try removeDeadNames()
    info?.removeOperatorList()
    if saver != nil { try rebuildSaver(for: saved.filter { graph.contains($0.node) }) }
  }

  /// Makes an edit of many steps, or none of it when one of them fails.
  mutating func wholly<Result>(_ edit: (inout MetaGraph) throws -> Result) rethrows -> Result {
    var edited = self
    let result = try edit(&edited)
    self = edited
    return result
  }
}
