import Bytes
import Checkpoints
import Graphs
import Tensors
import Models

/// Stores the large float32 variables of a model in fewer bytes, and lets its graph turn them back.
///
/// Memory: the graph, and what ``CodebookMaker`` takes for one tensor; the tensors themselves are streamed. Results do not
/// depend on the number of threads.
package struct Quantization: Sendable {
  /// How each tensor is stored, or how that is chosen.
  package enum Goal: Sendable {
    case transform(Transform)
    /// What is said of each variable; others stay as they are.
    case each([String: Transform])
    /// The fewest bytes with which no number is off by more than this.
    case maximumError(Double, CodebookMethod?)
    /// The least sum of squared errors with which all files take at most so many bytes (``SizeSearch``).
    case size(Int, CodebookMethod?)
  }

  package var goal: Goal
  /// Variables with more elements than this are changed.
  package var minElements = 17000
  package var weighting = ErrorWeighting.even
  package var isExact = false
  /// Whether the graph keeps the variables that nothing reads any more, as the reference's does.
  package var keepsOriginals = true
  /// Whether the graph is cut down to what predictions need before.
  package var prunes = false
  /// Whether the errors are to be known before anything is written.
  package var measures = false
  /// Which variables may be changed.
  package var isChosen: @Sendable (String) -> Bool = { _ in true }

  package init(_ goal: Goal) { self.goal = goal }

  /// A plan, and what will have become of each tensor once it is written.
  package struct Result: Sendable {
    package let plan: ModelPlan
    private let pending: [PendingOutcome]
    /// Partitioned variables, which are copied though they are large.
    package let skipped: [String]

    fileprivate init(plan: ModelPlan, pending: [PendingOutcome], skipped: [String]) {
      self.plan = plan
      self.pending = pending
      self.skipped = skipped
    }

    /// Complete when the plan is written, or if errors were measured.
    package var outcomes: [TensorOutcome] {
      pending.map { item in
        TensorOutcome(
          name: item.name, transform: item.stored.transform, elementCount: item.elementCount,
          byteCount: item.stored.byteCount, errors: item.stored.errors, bound: item.stored.bound)
      }
    }
  }

  fileprivate struct PendingOutcome: Sendable {
    let name: String
    let elementCount: Int
    let stored: StoredTensor
  }

  /// Plans what `model` becomes; codebooks are made now.
  ///
  /// - Parameter progress: called with the bytes of tensors looked at so far, and of all.
  /// - Throws: ``KernelError`` `.badData` when a tensor cannot be quantized or the graph uses it in other ways than by
  ///   reading it; `.usage` when the goal cannot be reached.
  package func plan(
    _ model: ModelFiles, _ workers: Workers, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Result {
    var graph = model.graph
    if prunes { try model.inGraph { try graph.pruneToInference() } }
    var model = model
    model.graph = graph
    let saved = try model.savedTensors()
    let names = Set(saved.map(\.variable.node))
    let large = saved.filter { variable, ref in
      ref.info.dtype == .float32 && ref.info.shape.elementCount > minElements && isChosen(variable.node)
        && !Quantization.isCodebook(variable.node, names)
    }
    let chosen = large.filter { $0.variable.slice.isEmpty }
    let total = chosen.map(\.ref.info.byteCount).saturatedSum
    var done = 0
    let choices = try chosen.map { variable, ref in
      progress(done, total)
      defer { done += ref.info.byteCount }
      var options = try options(of: try WeightTensor(ref, workers), variable.node, workers)
      if measures { options = try options.map { try $0.measured(workers) } }
      return Choice(variable: variable, ref: ref, options: options)
    }
    progress(total, total)
    func result(_ stored: [StoredTensor], isRewritten: Bool = false) throws -> Result {
      try self.result(
        model, saved, choices, stored, skipped: large.filter { !$0.variable.slice.isEmpty }, isRewritten)
    }
    guard case .size(let limit, _) = goal else { return try result(choices.map { $0.options[0] }) }
    let search = SizeSearch(options: choices.map(\.options)) { try result($0, isRewritten: $1).plan }
    switch try search.run(limit) {
    case .fits(let stored, let isRewritten): return try result(stored, isRewritten: isRewritten)
    case .takesAtLeast(let least):
      throw KernelError(
        .usage, model.source.path, "takes \(least) bytes at least, more than the \(limit) asked for",
        hint: "more tensors take part with a lower --min-elements")
    }
  }

  private struct Choice {
    let variable: GraphVariable
    let ref: TensorRef
    let options: [StoredTensor]
  }

  /// Whether a variable holds the numbers that another's codes stand for.
  private static func isCodebook(_ name: String, _ names: Set<String>) -> Bool {
    name.hasSuffix("_space") && names.contains(name.dropLast("_space".count) + "_quants")
  }

  /// The ways to store a tensor among which the goal chooses; one unless it is a size.
  private func options(of tensor: WeightTensor, _ name: String, _ workers: Workers) throws -> [StoredTensor] {
    switch goal {
    case .transform(let transform): return [try stored(tensor, transform, workers)]
    case .each(let transforms): return [try stored(tensor, transforms[name] ?? .float32, workers)]
    case .maximumError(let limit, let method):
      // Few elements may take less than their codebook would.
      var options = try [StoredTensor.half(tensor).measured(workers), .copy(tensor).measured(workers)]
      if let method {
        let maker = try maker(tensor, workers)
        for bits in 2...8 {
          let stored = try StoredTensor.codes(tensor, maker.make(method, bits: bits), method).measured(workers)
          if stored.errors.worst <= limit {
            options.insert(stored, at: 0)
            break
          }
        }
      }
      let allowed = options.filter { $0.errors.worst <= limit }
      return allowed.min { $0.byteCount < $1.byteCount }.map { [$0] } ?? [.copy(tensor)]
    case .size(_, let method):
      var options = try [StoredTensor.copy(tensor), .half(tensor).measured(workers)]
      if let method {
        let maker = try maker(tensor, workers)
        for bits in (2...8).reversed() {
          options.append(try .codes(tensor, maker.make(method, bits: bits), method).measured(workers))
        }
      }
      return options
    }
  }

  private func stored(_ tensor: WeightTensor, _ transform: Transform, _ workers: Workers) throws -> StoredTensor {
    switch transform {
    case .float32, .codes(nil, _): return .copy(tensor)
    case .float16: return .half(tensor)
    case .codes(let method?, let bits):
      return .codes(tensor, try maker(tensor, workers).make(method, bits: bits), method)
    }
  }

  private func maker(_ tensor: WeightTensor, _ workers: Workers) throws -> CodebookMaker {
    try CodebookMaker(tensor, weighting: weighting, isExact: isExact, workers)
  }

  private func result(
    _ model: ModelFiles, _ saved: [(variable: GraphVariable, ref: TensorRef)], _ choices: [Choice],
    _ stored: [StoredTensor], skipped: [(variable: GraphVariable, ref: TensorRef)], _ isRewritten: Bool
  ) throws -> Result {
    var graph = model.graph
    let replacements = zip(choices, stored).compactMap { choice, stored in
      stored.storage.map { ReadReplacement(choice.variable.node, $0) }
    }
    if isRewritten || !replacements.isEmpty {
      _ = try model.inGraph { try graph.replaceReads(replacements, keepingOriginals: true) }
    }
    if !keepsOriginals { try model.inGraph { try graph.dropOriginals() } }
    var byNode: [String: StoredTensor] = [:]
    for (choice, stored) in zip(choices, stored) { byNode[choice.variable.node] = stored }
    var copied: Set<TensorName> = []
    let planned = saved.flatMap { variable, ref -> [PlannedTensor] in
      if let stored = byNode[variable.node] { return stored.planned(as: variable.node) }
      // Parts of a partitioned variable are one tensor.
      return copied.insert(ref.info.name).inserted ? [PlannedTensor(copying: ref)] : []
    }
    let shards = OutputPlan.shardCount(of: model.source)
    return Result(
      plan: ModelPlan(
        tensors: try OutputPlan(planned, shardCount: shards), graph: graph, flagsPath: model.flagsPath),
      pending: zip(choices, stored).map {
        PendingOutcome(name: $0.variable.node, elementCount: $0.ref.info.shape.elementCount, stored: $1)
      }, skipped: skipped.map(\.variable.node))
  }
}
