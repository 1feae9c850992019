import Bytes
import CKernel
import Checkpoints
import Graphs
import Tensors

/// Runs a graph: computes tensors from others, with a checkpoint's values for its variables.
///
/// What depends on constants and variables alone is computed once and kept, unless the run changes variables. Such
/// a run updates a variable after everything that needs its old value and does not depend on the update. Results do
/// not depend on the number of threads. Numbers too small to be normal (below 2^-126) count as zero, as in TensorFlow.
/// One session is for one thread at a time.
///
/// Memory: the values that are needed at the same time, what is kept, and the pages of a checkpoint that are used.
public final class Session {
  private let graph: Graph
  private let path: String
  package let variables: VariableStore
  private let context: RunContext
  private var plans: [Request: Prepared] = [:]

  private struct Request: Hashable {
    let fetches: [Endpoint]
    let feeds: [Endpoint]
    let targets: [String]
  }

  private struct Prepared {
    let plan: Plan
    var kept: [(slot: Int, value: Tensor)] = []
    /// The variables' generation that `kept` was computed with.
    var generation: Int?
  }

  /// - Parameters:
  ///   - path: what the user called the graph, for messages.
  ///   - checkpoint: the values of its variables; without one they must be assigned.
  /// - seed: for random operators that have none in the graph; without one they differ from session to session, as
  /// in TensorFlow.
  /// - Throws: ``KernelError`` `.badData` when the graph's saver is not understood.
  public convenience init(
    _ meta: MetaGraph, path: String, checkpoint: (any TensorSource)? = nil, seed: UInt64? = nil,
    workers: Workers = Workers()
  ) throws {
    let variables: VariableStore
    do {
      variables = try checkpoint.map { try VariableStore(meta, $0, workers) } ?? VariableStore()
    } catch { throw Session.located(error, path) }
    self.init(meta, path: path, variables: variables, seed: seed, workers: workers)
  }

  /// A session on variables that exist already.
  package init(
    _ meta: MetaGraph, path: String, variables: VariableStore, seed: UInt64? = nil, workers: Workers = Workers()
  ) {
    graph = meta.graph
    self.path = path
    self.variables = variables
    context = RunContext(
      pool: BufferPool(), threads: ThreadTeam(workers), variables: variables, random: RandomState(seed: seed))
    // Pieces are shared among our own threads, so that results do not depend on how many there are.
    MatrixProduct.useOneThread()
  }

  /// The times of operators, counted from when this is set; `nil` when they are not.
  public var profile: Profile? {
    get { context.profile }
    set { context.profile = newValue }
  }

  /// Where each random operator is in its stream of numbers, by the names of nodes: to go on in another session
  /// where this one ended.
  public var randomPositions: [String: UInt64] {
    get { context.random.used }
    set { context.random.used = newValue }
  }

  /// Computes tensors.
  ///
  /// - Parameters:
  ///   - fetches: what to compute.
  ///   - feeds: tensors whose values are given, placeholders or any others.
  ///   - targets: names of nodes to run for what they do.
  /// - Throws: ``KernelError`` `.badData` when the graph cannot be run with these feeds, naming the node.
  public func run(_ fetches: [Endpoint], feeding feeds: [Endpoint: Tensor] = [:], targets: [String] = []) throws
    -> [Tensor]
  {
    // As on all threads of the team, and in TensorFlow.
    let mode = ck_flush_denormals()
    defer { ck_restore_float_mode(mode) }
    do {
      let order = feeds.keys.sorted { ($0.node, $0.output) < ($1.node, $1.output) }
      let request = Request(fetches: fetches, feeds: order, targets: targets)
      for endpoint in order { try check(feeds[endpoint], endpoint) }
      var prepared =
        try plans[request]
        ?? Prepared(plan: Planner.plan(graph, fetching: fetches, feeding: order, targets: targets))
      defer { plans[request] = prepared }
      if prepared.plan.changesVariables { dropKept() }
      try computeAhead(&prepared)
      return try run(prepared, feeds)
    } catch { throw Session.located(error, path) }
  }

  /// Lets go of what was prepared for runs, and of the constants that are kept for it: after variables got their first
  /// values, which could not be updated in their own memory while somebody else has them.
  package func forgetPlans() { plans = [:] }

  private func computeAhead(_ prepared: inout Prepared) throws {
    let isCurrent =
      prepared.generation == variables.generation
      || prepared.generation != nil && !prepared.plan.aheadReadsVariables
    guard !isCurrent else { return }
    prepared.kept = []
    let generation = variables.generation
    var values = FrameValues(prepared.plan.main)
    try values.run(prepared.plan.ahead, context)
    prepared.kept = prepared.plan.kept.compactMap { slot in values.slots[slot].map { (slot, $0) } }
    prepared.generation = generation
  }

  /// Lets go of what other plans keep of variables' values: it will be out of date, and would keep the variables
  /// from being updated in their own memory.
  private func dropKept() {
    for (request, prepared) in plans where prepared.plan.aheadReadsVariables && prepared.generation != nil {
      plans[request]?.kept = []
      plans[request]?.generation = nil
    }
  }

  private func run(_ prepared: Prepared, _ feeds: [Endpoint: Tensor]) throws -> [Tensor] {
    var values = FrameValues(prepared.plan.main)
    for step in prepared.plan.ahead { if let flag = step.flag { values.flags[flag] = true } }
    for (slot, value) in prepared.kept { values.slots[slot] = value }
    for feed in prepared.plan.feeds { values.slots[feed.slot] = feeds[feed.endpoint] }
    try values.run(prepared.plan.main.steps, context)
    return try prepared.plan.fetches.map { fetch in
      guard let value = values.slots[fetch.slot] else {
        throw KernelError(
          .badData, "", at: .node(fetch.endpoint.node), "has no value: it is on a branch that was not taken")
      }
      if let variable = value.storage.object as? VariableHandle { return try variables.value(of: variable.node) }
      return value
    }
  }

  /// Refuses what a placeholder says that it does not take.
  private func check(_ value: Tensor?, _ endpoint: Endpoint) throws {
    guard let value, let node = graph[endpoint.node], node.op.hasPrefix("Placeholder") else { return }
    let type = node.attributes.type("dtype")?.dtype
    let shape = node.attributes.shape("shape") ?? .unknown
    guard type == nil || type == value.dtype, shape.isCompatible(with: PartialShape(value.shape)) else {
      throw node.error("is fed \(value) where it takes \(type?.name ?? "a tensor") \(shape)")
    }
  }

  private static func located(_ error: any Error, _ path: String) -> any Error {
    guard var error = error as? KernelError, error.source.isEmpty else { return error }
    error.source = path
    return error
  }
}
